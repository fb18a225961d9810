# Generated from images/user-lands.yaml: make docs
# Alpine, with musl and busybox
FROM alpine:3
RUN apk add --no-cache \
      busybox \
      ifupdown-ng \
      dhcpcd \
      networkmanager \
      connman \
      dnsmasq \
      dbus \
      curl \
      bind-tools \
      iputils \
      python3 \
      iproute2 \
      nftables
