/** The Debian package of every program and header file that miflab or a lab may need. Adding a daemon: add its line. */
export const debianPackages: Record<string, string> = {
  unshare: 'util-linux',
  setpriv: 'util-linux',
  nsenter: 'util-linux',
  bwrap: 'bubblewrap',
  newuidmap: 'uidmap',
  newgidmap: 'uidmap',
  ip: 'iproute2',
  tc: 'iproute2',
  nft: 'nftables',
  radvd: 'radvd',
  dnsmasq: 'dnsmasq-base',
  'kea-dhcp4': 'kea-dhcp4-server',
  'kea-dhcp6': 'kea-dhcp6-server',
  unbound: 'unbound',
  curl: 'curl',
  dig: 'bind9-dnsutils',
  getent: 'libc-bin',
  'musl-gcc': 'musl-tools',
  go: 'golang-go',
  java: 'default-jre-headless',
  chromium: 'chromium',
  javac: 'default-jdk-headless',
  python3: 'python3',
  ping: 'iputils-ping',
  tcpdump: 'tcpdump',
  tshark: 'tshark',
  dumpcap: 'wireshark-common',
  dhclient: 'isc-dhcp-client',
  dhcpcd: 'dhcpcd-base',
  udhcpc: 'udhcpc',
  busybox: 'busybox',
  'linux.uml': 'user-mode-linux',
  'qemu-system-x86_64': 'qemu-system-x86',
  mmdebstrap: 'mmdebstrap',
  ifup: 'ifupdown',
  connmand: 'connman',
  NetworkManager: 'network-manager',
  gcc: 'gcc',
  'jansson.h': 'libjansson-dev',
  'lwip/lwip/init.h': 'liblwip-dev',
};

/** The one command that installs the packages of these; '' where no package is known. */
export function installCommand(programs: string[]): string {
  const packages = new Set(programs.flatMap((program) => debianPackages[program] ?? []));
  return packages.size > 0 ? `apt-get install ${[...packages].toSorted().join(' ')}` : '';
}
