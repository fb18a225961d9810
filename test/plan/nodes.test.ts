import t from 'tap';
import { planLabs } from '../support/run-lab.ts';

const lab = `
networks:
  office: { ipv6: [2001:db8:a::/64, 2001:db8:b::/64] }
nodes:
  router-a: { router: [office, internet], delegated: [2001:db8:a::/64], source-filter: true }
  router-b: { router: [office, internet], delegated: [2001:db8:b::/64], link-local: { office: "fe80::b" } }
  host:
    under-test: [office]
    routes:
      - { to: default, from: 2001:db8:b::/64, via: router-b }
      - { to: 2001:db8:c::/48, via: "fe80::7", link: office }
experiment: [{ plug-in: [office] }]
`;

const plan = planLabs(lab)[0]!;
const node = (name: string) => plan.nodes.find((one) => one.name === name)!;

t.test('a route through a node leaves by the link that the two share', async (t) => {
  t.match(node('host').ip, [
    'route append ::/0 from 2001:db8:b::/64 via fe80::b dev office',
    'route append 2001:db8:c::/48 via fe80::7 dev office',
  ]);
});

t.test('the internet routes and filters by what is delegated to each router', async (t) => {
  const { ip, nftables } = node('internet');
  const nextHops = ip.filter((line) => /^route add 2001:db8:[ab]::\/64/.test(line));
  t.match(nextHops, [/2001:db8:a::\/64 via/, /2001:db8:b::\/64 via/]);
  t.not(nextHops[0]!.split(' dev ')[1], nextHops[1]!.split(' dev ')[1]);
  t.match(nftables, '2001:db8:a::/64');
  t.notMatch(nftables, '2001:db8:b::/64');
});

t.test(
  'in virtual time every link is bridged in the fabric, where one ring has the order of all packets',
  async (t) => {
    const placesOf = (text: string) =>
      planLabs(text)[0]!.nodes.flatMap(({ interfaces }) => interfaces.map(({ port }) => port.place));
    t.same(placesOf(`timers: virtual\n${lab}`), Array(7).fill('fabric'));
    t.same(placesOf(lab).filter((place) => place !== 'fabric').length, 4);
  },
);

t.test('a link-local address that the lab states is the only one of its interface', async (t) => {
  const generated = (name: string) =>
    node(name).sysctls.filter(([key]) => key === 'net.ipv6.conf.office.addr_gen_mode');
  t.same(generated('router-b'), [['net.ipv6.conf.office.addr_gen_mode', '1']]);
  t.same(generated('router-a'), []);
});
