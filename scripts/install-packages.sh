#!/bin/sh
# Installs the Debian packages that labs and tests use, as root or through sudo; does nothing where they are there.
# With the word clients: those of the larger clients (docs/clients.md), without which their labs are unsupported; with
# the word stacks: those of IP stacks that are no kernel's (docs/stacks.md); with the word images: what makes user lands;
# with the word kernels: what a kernel is built with (docs/kernels.md).
set -eu

packages="bubblewrap iproute2 util-linux nftables uidmap radvd dnsmasq-base kea-dhcp4-server kea-dhcp6-server
unbound isc-dhcp-client ifupdown dhcpcd-base udhcpc busybox user-mode-linux qemu-system-x86 curl bind9-dnsutils iputils-ping tcpdump tshark libxml2-utils perl"

[ "${1:-}" != stacks ] || packages="gcc libc6-dev libjansson-dev liblwip-dev runsc"
[ "${1:-}" != clients ] || packages="musl-tools golang-go default-jdk-headless python3 chromium"
[ "${1:-}" != images ] || packages="mmdebstrap"
[ "${1:-}" != kernels ] || packages="build-essential flex bison bc libelf-dev libssl-dev xz-utils"

missing=""
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo"
echo "installing:$missing"
$as_root apt-get update -qq
# Their services belong in labs: none is started on this machine.
$as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends $missing
