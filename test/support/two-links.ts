/** A host on wifi and lte with a router on each, and the timeline of a UDP probe. */
import type { PacketEvent, TimelineEvent } from '../../src/evidence/timeline.ts';
import { datagramFrame } from '../../src/experiment/datagrams.ts';
import type { Plan, PlannedNode, PlannedProbe, Question, Role } from '../../src/plan/plan.ts';

export const mac = {
  host: { wifi: '02:00:00:00:00:0a', lte: '02:00:00:00:00:0b' },
  wifi: '02:00:00:00:00:01',
  lte: '02:00:00:00:00:02',
};
export const server = '2001:db8:ff::1';
export const hostOn = { wifi: '2001:db8:a::a', lte: '2001:db8:b::b' };

const node = (
  name: string,
  role: Role,
  interfaces: [link: string, mac: string, linkLocal: string, addresses: string[]][],
): PlannedNode => ({
  name,
  role,
  ownFiles: false,
  files: {},
  sysctls: [],
  ip: [],
  nftables: '',
  tc: [],
  interfaces: interfaces.map(([link, mac, linkLocal, addresses], index) => ({
    name: link,
    link,
    index,
    mac,
    linkLocal,
    addresses,
    port: { place: 'fabric', name: link, index, bridge: link },
    plugged: true,
  })),
});

const link = (name: string, ipv6: string) => ({
  name,
  kind: 'network' as const,
  mtu: 1500,
  ipv4: [],
  ipv6: [ipv6],
  bridge: { name, index: 1 },
});

export const udp: Question = { kind: 'udp', destinations: [server], port: 20001, size: 0, keepOpen: false };

export const planFor = (question: Question, until?: PlannedProbe['until']): Plan => ({
  format: 1,
  lab: 'test',
  variant: '',
  stack: 'kernel',
  kernel: 'host',
  host: { node: 'host', resolverFile: '/etc/resolv.conf', resolver: 'glibc' },
  timers: 'fast',
  hashSeed: 1,
  builds: [],
  daemons: [],
  responders: [],
  needs: [],
  links: [
    link('wifi', '2001:db8:a::/64'),
    link('lte', '2001:db8:b::/64'),
    link('internet', '2001:db8:ff::/64'),
  ],
  nodes: [
    node('host', 'under-test', [
      ['wifi', mac.host.wifi, 'fe80::a', []],
      ['lte', mac.host.lte, 'fe80::b', []],
    ]),
    node('wifi-router', 'router', [['wifi', mac.wifi, 'fe80::1', ['2001:db8:a::1/64']]]),
    node('lte-router', 'router', [['lte', mac.lte, 'fe80::2', ['2001:db8:b::1/64']]]),
    node('server', 'server', [['internet', '02:00:00:00:00:ff', 'fe80::ff', [`${server}/64`]]]),
  ],
  steps: [
    {
      kind: 'probe',
      title: 'ask web',
      probe: { name: 'web', node: 'host', question, nonce: 'miflab:web', until, everyMs: 100, withinMs: 500 },
    },
  ],
});

type Datagram = Parameters<typeof datagramFrame>[0];

export const packet = (
  number: number,
  at: number,
  link: string,
  node: string,
  datagram: Partial<Datagram>,
): PacketEvent => {
  const frame = datagramFrame({
    packet: 'udp',
    sourceMac: mac.host.wifi,
    destinationMac: mac.wifi,
    source: hostOn.wifi,
    destination: server,
    port: 20001,
    data: Buffer.from('miflab:web'),
    ...datagram,
  });
  return { at, kind: 'packet', number, link, node, length: frame.length, data: frame.toString('base64') };
};

export const question = (
  number: number,
  at: number,
  over: 'wifi' | 'lte',
  more: Partial<Datagram> = {},
): PacketEvent =>
  packet(number, at, over, 'host', {
    sourceMac: mac.host[over],
    destinationMac: mac[over],
    source: hostOn[over],
    ...more,
  });

export const answer = (
  number: number,
  at: number,
  on: string,
  node: string,
  to: 'wifi' | 'lte',
  more: Partial<Datagram> = {},
): PacketEvent => packet(number, at, on, node, { source: server, destination: hostOn[to], ...more });

export const asked = (at = 0, attempt = 1): TimelineEvent => ({
  at,
  kind: 'probe',
  probe: 'web',
  what: 'asked',
  attempt,
});
export const done = (at = 100): TimelineEvent => ({ at, kind: 'probe', probe: 'web', what: 'done' });
export const told = (said: object): TimelineEvent => ({
  at: 1,
  kind: 'probe',
  probe: 'web',
  what: 'answer',
  answer: said,
});
