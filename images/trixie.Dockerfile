# Generated from images/user-lands.yaml: make docs
# Debian 13, every stack
FROM debian:trixie-slim
RUN apt-get update \
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \
      systemd \
      network-manager \
      connman \
      ifupdown \
      udhcpc \
      dnsmasq-base \
      dbus \
      libc-bin \
      curl \
      bind9-dnsutils \
      iputils-ping \
      python3-minimal \
      iproute2 \
      nftables \
      systemd-resolved \
      libnss-resolve \
      dhcpcd-base \
      isc-dhcp-client \
 && rm -rf /var/lib/apt/lists/* /etc/machine-id /usr/sbin/resolvconf /sbin/resolvconf /etc/dhcp/dhclient-enter-hooks.d/resolved-enter /etc/dhcp/dhclient-exit-hooks.d/resolved
