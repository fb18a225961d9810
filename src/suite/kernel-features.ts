const link = (type: string, options = ''): string => `ip link add name probe-${type} type ${type} ${options}`;

/** Of labs with virtual timers: no kernel of a machine has it, only one of a guest (docs/kernels.md). */
export const VIRTUAL_TIME = 'virtual time';

/**
 * Each kernel feature that a lab may need, with the shell command that works where the kernel has it. They run
 * as root of one throw-away user and network namespace: modules that root could load on the host do not count.
 */
export const kernelFeatures: Record<string, string> = {
  ipv6: 'test -d /proc/sys/net/ipv6',
  // With which hosts have files of their own: before Linux 5.11 no user namespace may mount one.
  overlay:
    'cd /tmp && mount -t tmpfs tmpfs . && cd /tmp && mkdir lower upper work && mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work lower',
  nftables: 'nft add table inet probe',
  netem: 'tc qdisc replace dev lo root netem delay 1ms',
  tbf: 'tc qdisc replace dev lo root tbf rate 1mbit burst 16kb latency 400ms',
  veth: link('veth'),
  bridge: link('bridge'),
  vrf: link('vrf', 'table 10'),
  dummy: link('dummy'),
  vlan: 'ip link add name probe-vlan link lo type vlan id 10',
  macvlan:
    'ip link add name probe-base type veth && ip link add name probe-macvlan link probe-base type macvlan',
  vxlan: link('vxlan', 'id 10 dstport 4789'),
  wireguard: link('wireguard'),
  gre: link('gre', 'local 127.0.0.1'),
  sit: link('sit', 'local 127.0.0.1'),
  ip6tnl: link('ip6tnl', 'local ::1'),
  tun: 'ip tuntap add name probe-tun mode tun',
  'policy-routing': 'ip -6 rule add from 2001:db8::/32 table 10',
  'source-routes': 'ip link set lo up && ip -6 route add 2001:db8:1::/64 from 2001:db8:2::/64 dev lo',
};
