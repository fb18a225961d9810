import t from 'tap';
import { type HostGuest, inGuest } from '../../src/plan/host-guest.ts';
import { planLabs } from '../support/run-lab.ts';

const guest: HostGuest = {
  kernel: 'debian:bullseye',
  product: 'TCG',
  command: (interfaces) => ['boot', ...interfaces.map(({ name }) => name)],
  linksFile: '/run/links',
  card: (number) => `eth${number}`,
  network: 'host',
  builds: [],
  bootMs: 1000,
  lacking: ['nftables', 'vrf'],
};

const lab = (ofHost = '', steps = '') => `
networks: { wifi: { ipv4: 10.0.1.0/24, ipv6: 2001:db8:a::/64 }, lte: { ipv6: 2001:db8:b::/64 } }
nodes:
  gateway: { router: [wifi, internet], ra: { wifi: {} }, nftables: "table inet of_a_router { }" }
  host:
    under-test: [wifi, lte]
    addresses: { wifi: [10.0.1.10/24] }
    routes: [{ to: default, via: 10.0.1.1 }]
    sysctls: { net.ipv6.conf.wifi.accept_ra_rt_info_max_plen: 64 }
    ${ofHost}
experiment:
  - plug-in: [wifi]
  ${steps}
`;

const planned = (text: string, stack?: string, lacking = guest.lacking) =>
  inGuest(planLabs(text, stack)[0]!, { ...guest, lacking });

t.test('a guest boots first, and what the test bed sets up of a host is set up within', async (t) => {
  const { host, nodes, daemons, steps, unsupported } = planned(lab());
  t.equal(unsupported, undefined);
  t.match(host, { foreign: 'host.kernel', guest: 'TCG' });
  t.match(daemons.at(-1), { id: 'host.kernel', command: ['boot', 'wifi', 'lte'], told: true });
  t.match(
    steps.map(({ title }) => title),
    [/boot debian:bullseye as host/, /kernel parameters/, /links, addresses and routes/, /plug in/],
  );
  const lines = steps.flatMap((step) => (step.kind === 'ip' ? step.lines : []));
  t.match(
    lines.join('\n'),
    /up\nlink set dev lte up\naddr add 10.0.1.10\/24 dev wifi\nroute append 0.0.0.0\/0/,
  );
  const sysctls = steps.flatMap((step) => (step.kind === 'sysctl' ? step.sysctls : []));
  t.match(sysctls.at(-1), ['net.ipv6.conf.wifi.accept_ra_rt_info_max_plen', '64']);
  const own = nodes.find(({ name }) => name === 'host')!;
  t.match(own, { managed: true, ip: [], nftables: '', tc: [] });
  t.ok(
    own.sysctls.every(([key, value]) => key.endsWith('.disable_ipv6') && value === '1'),
    'on the machine it keeps still',
  );
});

t.test('a probe as another user needs no user ids of the machine', async (t) => {
  const text = lab('', '- probe: { web: { udp: { to: gateway, user: 1000 } } }');
  const needsIds = ({ needs }: { needs: { kind: string }[] }) => needs.some(({ kind }) => kind === 'ids');
  t.ok(needsIds(planLabs(text)[0]!));
  t.notOk(needsIds(planned(text)));
});

t.test('a link is the end of a pair whose other end takes carrier away', async (t) => {
  const { daemons } = planned(lab());
  const [wifi] = planLabs(lab())[0]!.nodes.find(({ name }) => name === 'host')!.interfaces;
  const { index, mac } = wifi!;
  const [pair, , card] = daemons.at(-1)!.files['/run/links']!.split('\n');
  t.equal(
    pair,
    `link add name wifi index ${index} mtu 1500 address ${mac} netns host type veth peer name port${index} mtu 1500`,
  );
  t.equal(card, 'link set dev eth0 mtu 1500 master bridge0 up');
});

t.test('what a host in a guest cannot have makes a lab unsupported, with the reason', async (t) => {
  const reason = (text: string, stack?: string) => planned(text, stack).unsupported;
  t.match(reason(lab('nftables: "table inet filter { }"')), 'debian:bullseye has no nftables');
  t.match(reason(lab('', '- silence: { host: all }')), 'debian:bullseye has no nftables');
  t.match(reason(`needs: [vrf]\n${lab()}`), 'debian:bullseye has no vrf');
  t.match(reason(lab(), 'networkd'), /the stack networkd works on the machine's kernel/);
  t.match(
    reason(lab('daemons: { cache: { command: [dnsmasq], ready: started } }')),
    /the lab starts host\.cache/,
  );
  t.match(reason(lab('', '- change: { nodes.host.gai-conf: "label ::/0 1" }')), /changes files of the host/);
  t.match(reason(lab('image: trixie')), /no user land or container of its own yet/);
  t.equal(planned(lab('nftables: "table inet filter { }"'), 'kernel', []).unsupported, undefined);
});
