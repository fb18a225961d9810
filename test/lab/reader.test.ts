import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { printDiagnostics } from '../../src/lab/diagnostics.ts';
import { LARGEST_FILE, readLab } from '../../src/lab/reader.ts';
import { mutated } from '../support/mutated-labs.ts';

const fixture = (name: string) =>
  readFileSync(new URL(`../fixtures/labs/${name}.yaml`, import.meta.url), 'utf8');

const lab = `title: The router of high preference carries the traffic
topic: default-router
source: RFC 4191 section 3.1
level: must

networks:
  wifi: { ipv6: 2001:db8:a::/64, ipv4: 10.0.1.0/24 }
  lte: { ipv6: 2001:db8:b::/64 }
  cable: { ipv4: 10.0.3.0/24 }

nodes:
  wifi-router: { router: [wifi, internet], ra: { wifi: { preference: medium } } }
  lte-router:
    router: [lte, internet]
    ra: { lte: { preference: high, rdnss: { servers: [server] } } }
  cable-router: { router: [cable, internet], dhcpv4: { cable: { range: [10.0.3.9, 10.0.3.99] } } }
  server: { server: [internet], ipv6: 2001:db8:ff::1 }
  bare: { server: [internet] }
  printer: { host: [wifi] }
  host:
    under-test: [wifi, lte]
    routes: [{ to: default, via: wifi-router, link: wifi }]
    ip: ['neigh add \${printer.wifi.ipv6} dev wifi']

experiment:
  - plug-in: [wifi, lte]
  - settle: { default-routers: [wifi-router, lte-router] }
  - stop: [lte-router.ra]
  - change: { nodes.wifi-router.ra.wifi.preference: low }
  - probe:
      web: { udp: { to: server, keep-open: true, port: 99 } }
      dns: { tcp: '2001:db8:ff::2' }
      back: { inbound: { from: printer, kind: udp, to: wifi } }
  - probe: { again: { again: web } }

expect:
  web: { router: lte-router, link: lte, source: lte }
  again: { one-of: [{ router: lte-router }, { answered: false }] }

control:
  - change: { nodes.lte-router.ra.lte.preference: low }
    expect: { web: { router: wifi-router } }
`;

const reference = (to: string) => `\${${to}}`;

/** Guillemets in an edit mark the place that the diagnostic must name, from its first column to its last. */
function edited(edits: [from: string, to: string][]) {
  const marked = edits.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the lab has no ${from}`);
    return text.replace(from, () => to);
  }, lab);
  const lines = marked.split('\n');
  const line = lines.findIndex((text) => text.includes('«')) + 1;
  const column = (lines[line - 1] ?? '').indexOf('«') + 1;
  const end = (lines[line - 1] ?? '').indexOf('»');
  return { text: marked.replace(/[«»]/g, ''), line, column, endColumn: end > column ? end : undefined };
}

const read = (text: string) => readLab(text, 'my.yaml');

t.test('a right lab is read, and the place of everything in it is known', async (t) => {
  for (const name of ['preference', 'orders', 'host-model']) {
    const { lab: loaded, diagnostics } = readLab(fixture(name), name);
    t.strictSame(diagnostics, [], name);
    t.ok(loaded?.lab.experiment.length, name);
  }
  const { lab: loaded } = read(lab);
  t.match(loaded?.positionOf(['experiment', 2]), { line: 28, column: 5 });
  t.match(loaded?.positionOf(['expect', 'web', 'link']), { line: 37, column: 36, endColumn: 39 });
  t.match(loaded?.positionOf(['control', 0]), { line: 41, column: 5 });
  t.match(loaded?.positionOf(['expect', 'web', 'missing']), { line: 37, column: 8 }, 'the nearest around it');
});

t.test('a place is found through an alias', async (t) => {
  const text = lab
    .replace('wifi: { preference: medium }', 'wifi: &ra { preference: medium }')
    .replace('lte: { preference: high, rdnss: { servers: [server] } }', 'lte: *ra');
  t.match(read(text).lab?.positionOf(['nodes', 'lte-router', 'ra', 'lte', 'preference']), {
    line: 12,
    column: 74,
  });
});

type Case = [title: string, edits: [string, string][], message: string | RegExp, suggestion?: string];

const formal: Case[] = [
  ['a misspelt key', [['preference: high', '«prefrence»: high']], 'unknown key prefrence', 'preference'],
  ['a misspelt key that must be there', [['title:', '«titel»:']], 'unknown key titel', 'title'],
  ['a key with an underscore', [['under-test:', '«under_test»:']], 'unknown key under_test', 'under-test'],
  [
    'an unknown value',
    [['preference: high', 'preference: «hihg»']],
    /^expected one of low, medium, high/,
    'high',
  ],
  [
    'an unknown topic',
    [['topic: default-router', 'topic: «default_router»']],
    /^expected one of/,
    'default-router',
  ],
  [
    'a missing key',
    [
      ['topic: default-router\n', ''],
      ['title: The', '«»title: The'],
    ],
    'missing key topic',
  ],
  [
    'a number for a text',
    [
      ['router: [cable', 'routes: [{ «»to: default, link: cable, via: 5 }], router: [cable'],
      ['via: 5', 'via: «5»'],
      ['{ «»to', '{ to'],
    ],
    'expected a string, not 5',
  ],
  [
    'a duration without unit',
    [
      ['kind: udp', 'kind: udp'],
      ['back: {', 'back: { within: «5s5»,'],
    ],
    /^expected a number with a unit/,
  ],
  [
    'a bad name of a network',
    [
      ['  cable: { ipv4', '  «Cable»: { ipv4'],
      [
        'cable-router: { router: [cable, internet], dhcpv4: { cable: { range: [10.0.3.9, 10.0.3.99] } } }',
        'x: { server: [internet] }',
      ],
    ],
    /^expected a name: .* not "Cable"$/,
  ],
  [
    'bits set behind the length',
    [['2001:db8:b::/64', '«2001:db8:b::1/64»']],
    /^expected an IPv6 prefix/,
    '2001:db8:b::/64',
  ],
  ['the wrong family', [['ipv4: 10.0.3.0/24', 'ipv4: «2001:db8:c::/64»']], /^expected an IPv4 prefix/],
  ['no address', [['ipv6: 2001:db8:ff::1', 'ipv6: «2001:db8:::1»']], /^expected an IPv6 address/],
  ['an MTU out of range', [['lte: { ipv6', 'lte: { mtu: «20», ipv6']], 'expected at least 68, not 20'],
  [
    'a node without role',
    [
      ['printer: { host: [wifi] }', 'x: { «rotuer»: [wifi] }'],
      [`    ip: ['neigh add ${reference('printer.wifi.ipv6')} dev wifi']\n`, ''],
      ['      back: { inbound: { from: printer, kind: udp, to: wifi } }\n', ''],
    ],
    'unknown key rotuer',
    'router',
  ],
  [
    'a node with nothing',
    [['bare: { server: [internet] }', '«bare»: {}']],
    'none of the keys router, server, host, under-test',
  ],
  [
    'a node with two roles',
    [['bare: { server: [internet] }', 'bare: { server: [internet], «router»: [lte] }']],
    'server and router exclude each other',
  ],
  [
    'a key of another role',
    [['bare: { server: [internet] }', 'bare: { server: [internet], «nat»: true }']],
    'unknown key nat',
  ],
  ['a step of no kind', [['- stop: [lte-router.ra]', '- «{}»']], 'a step has no kind'],
  [
    'a step of two kinds',
    [['- stop: [lte-router.ra]', '- stop: [lte-router.ra]\n    «start»: [lte-router.ra]']],
    'stop and start exclude each other',
  ],
  ['a misspelt kind of step', [['- stop:', '- «stopp»:']], 'unknown key stopp', 'stop'],
  [
    'a probe of two kinds',
    [["dns: { tcp: '2001:db8:ff::2' }", "dns: { tcp: '2001:db8:ff::2', «ping»: server }"]],
    'tcp and ping exclude each other',
  ],
  [
    'a packet without kind',
    [['- stop: [lte-router.ra]', '- send: «{ node: printer, link: wifi }»']],
    'a packet has no kind',
  ],
  ['a wrong value deep in a union', [['port: 99', 'port: «99000»']], 'expected at most 65535, not 99000'],
  [
    'neither of two types',
    [['settle: { default-routers: [wifi-router, lte-router] }', 'settle: «yes»']],
    'expected true or a map, not "yes"',
  ],
  [
    'a misspelt key of one of several outcomes',
    [['{ answered: false }', '{ «answerd»: false }']],
    'unknown key answerd',
    'answered',
  ],
  [
    'one of one',
    [['one-of: [{ router: lte-router }, { answered: false }]', 'one-of: «[{ router: lte-router }]»']],
    /^expected at least 2 items/,
  ],
  [
    'an empty list of links',
    [
      ['under-test: [wifi, lte]', 'under-test: «[]»'],
      ['    routes: [{ to: default, via: wifi-router, link: wifi }]\n', ''],
    ],
    'expected at least 1 items, not an empty list',
  ],
  ['a map that is nothing', [['bare: { server: [internet] }', '«bare»:']], 'expected a map, not nothing'],
];

const names: Case[] = [
  [
    'an unknown network',
    [['router: [lte, internet]', 'router: [«lt», internet]']],
    'unknown network lt',
    'lte',
  ],
  [
    'a link of another node',
    [['host: [wifi] }', "host: [wifi], mac: { «lte»: '02:00:00:00:00:09' } }"]],
    'printer has no link lte',
  ],
  [
    'a host on the internet',
    [['host: [wifi] }', 'host: [wifi, «internet»] }']],
    'only routers and servers attach to the internet',
  ],
  ['an unknown node', [['udp: { to: server', 'udp: { to: «srever»']], 'unknown node srever', 'server'],
  ['an unknown resolver', [['servers: [server]', 'servers: [«serve»]']], 'unknown node serve', 'server'],
  [
    'no node and no address',
    [['udp: { to: server', 'udp: { to: «2001:db8::zz»']],
    'expected node, address, not "2001:db8::zz"',
  ],
  [
    'an unknown daemon',
    [['stop: [lte-router.ra]', 'stop: [«lte-router.radvd»]']],
    'unknown daemon lte-router.radvd',
    'lte-router.ra',
  ],
  [
    'an unknown router in a state',
    [['default-routers: [wifi-router, lte-router]', 'default-routers: [wifi-router, «lte-rooter»]']],
    'unknown node lte-rooter',
    'lte-router',
  ],
  [
    'a link that the host has not',
    [['plug-in: [wifi, lte]', 'plug-in: [wifi, «cable»]']],
    'host has no link cable',
  ],
  [
    'an expectation of an unknown probe',
    [['  web: { router', '  «wbe»: { router']],
    'unknown probe wbe',
    'web',
  ],
  [
    'an expected router that is none',
    [['web: { router: lte-router', 'web: { router: «lte-ruter»']],
    'unknown node lte-ruter',
    'lte-router',
  ],
  ['an expected link', [['link: lte, source', 'link: «lt», source']], 'unknown link lt', 'lte'],
  ['an expected source', [['source: lte }', 'source: «wfi» }']], 'unknown network wfi', 'wifi'],
  [
    'an expected server',
    [['link: lte, source: lte }', 'link: lte, by: «sever» }']],
    'unknown node sever',
    'server',
  ],
  [
    'again of a later probe',
    [['dns: { tcp:', 'first: { again: «again» }\n      dns: { tcp:']],
    'unknown earlier probe again',
  ],
  [
    'a reference to an unknown node',
    [
      [reference('printer.wifi.ipv6'), reference('pinter.wifi.ipv6')],
      ["'neigh", "«'neigh"],
      ["dev wifi']", "dev wifi'»]"],
    ],
    `unknown node pinter in ${reference('pinter.wifi.ipv6')}`,
    'printer',
  ],
  [
    'a reference to a link that is not there',
    [
      [reference('printer.wifi.ipv6'), reference('printer.lte.ipv6')],
      ["'neigh", "«'neigh"],
      ["dev wifi']", "dev wifi'»]"],
    ],
    `printer has no link lte: ${reference('printer.lte.ipv6')}`,
  ],
  [
    'a reference to an address that is not there',
    [
      [reference('printer.wifi.ipv6'), reference('server.internet.ipv4')],
      ["'neigh", "«'neigh"],
      ["dev wifi']", "dev wifi'»]"],
    ],
    `server has no ipv4 address: ${reference('server.internet.ipv4')}`,
  ],
];

const meaning: Case[] = [
  [
    'overlapping networks',
    [['lte: { ipv6: 2001:db8:b::/64 }', 'lte: { ipv6: [2001:db8:b::/64, «2001:db8::/32»] }']],
    '2001:db8::/32 overlaps 2001:db8:a::/64 of network wifi',
  ],
  [
    'overlapping networks of which one says so',
    [['ipv4: 10.0.3.0/24 }', 'ipv4: «10.0.0.0/8», overlap: true }']],
    '10.0.0.0/8 overlaps 10.0.1.0/24 of network wifi',
  ],
  [
    'the same prefix twice',
    [['lte: { ipv6: 2001:db8:b::/64 }', 'lte: { ipv6: [2001:db8:b::/64, «2001:db8:b::/64»] }']],
    '2001:db8:b::/64 overlaps 2001:db8:b::/64 of the same network',
  ],
  [
    'a network called internet',
    [['  cable: { ipv4', '  «internet»: {}\n  cable: { ipv4']],
    'internet cannot name a network: the internet is there without being declared',
  ],
  [
    'a network that the kernel has',
    [['  cable: { ipv4', '  «all»: {}\n  cable: { ipv4']],
    'all cannot name a network: the kernel uses it',
  ],
  [
    'a network that ip takes for a keyword',
    [['  cable: { ipv4', '  «br»: {}\n  cable: { ipv4']],
    'br cannot name a network: ip(8) reads it as bridge',
  ],
  [
    'a name too long for an interface',
    [['  cable: { ipv4', '  «abcdefghijklmnop»: {}\n  cable: { ipv4']],
    /at most 15 characters$/,
  ],
  ['a node called fabric', [['  bare: {', '  «fabric»: {']], 'fabric cannot name a node: miflab uses it'],
  [
    'no host under test',
    [
      ['under-test: [wifi', 'host: [wifi'],
      ['nodes:', '«nodes»:'],
    ],
    'no host under test',
  ],
  [
    'two hosts under test',
    [['\nexperiment:', '  second: { «under-test»: [wifi] }\n\nexperiment:']],
    'a second host under test beside host',
  ],
  ['a link twice', [['host: [wifi] }', 'host: [wifi, «wifi»] }']], 'a second link wifi'],
  [
    'advertisements where there is no IPv6',
    [['dhcpv4: { cable: {', 'ra: { «cable»: {} }, dhcpv4: { cable: {']],
    'router advertisements on cable, a network without ipv6',
  ],
  [
    'DHCPv4 where there is no IPv4',
    [['    ra: { lte', '    dhcpv4: { «lte»: {} }\n    ra: { lte']],
    'DHCPv4 on lte, a network without ipv4',
  ],
  [
    'a pool outside its link',
    [['range: [10.0.3.9,', 'range: [«10.0.4.9»,']],
    '10.0.4.9 is outside the prefixes of cable',
  ],
  ['a pool that ends outside its link', [['10.0.3.99]', '«10.0.4.99»]']], '10.0.4.99 is outside 10.0.3.0/24'],
  [
    'a pool the wrong way round',
    [['10.0.3.99]', '«10.0.3.1»]']],
    'the range ends before it begins, at 10.0.3.9',
  ],
  [
    'a fixed lease for a node elsewhere',
    [['range: [10.0.3.9,', 'hosts: { «host»: 10.0.3.7 }, range: [10.0.3.9,']],
    'host has no link cable',
  ],
  ['a resolver without an address', [['servers: [server]', 'servers: [«bare»]']], 'bare has no ipv6 address'],
  [
    'a link-local address that is none',
    [['host: [wifi] }', "host: [wifi], link-local: { wifi: «'2001:db8:a::7'» } }"]],
    '2001:db8:a::7 is no link-local address',
  ],
  [
    'NAT without the internet',
    [['[cable, internet]', '[cable], «nat»: true']],
    'nat is about the internet, and cable-router does not attach to it',
  ],
  [
    'a daemon called as a service',
    [['host: [wifi] }', 'host: [wifi], daemons: { «ra»: { command: [x] } } }']],
    'ra cannot name a daemon: a service has the name',
  ],
  [
    'a route to nowhere',
    [['{ to: default, via: wifi-router, link: wifi }', '«{ to: default }»']],
    'a route leads to a next hop or over a link',
  ],
  [
    'a next hop on another link',
    [['via: wifi-router, link: wifi', 'via: «cable-router»']],
    'cable-router is not on a link of host',
  ],
  ['a probe to a node without address', [['udp: { to: server', 'udp: { to: «bare»']], 'bare has no address'],
  [
    'a probe to a node without an address of the family',
    [['udp: { to: server', 'udp: { family: ipv4, to: «server»']],
    'server has no ipv4 address',
  ],
  [
    'a fetch from a node without address',
    [["tcp: '2001:db8:ff::2'", 'fetch: «http://bare/»']],
    'bare has no address',
  ],
  [
    'a probe twice',
    [
      ['{ again: { again: web } }', '{ «dns»: { again: web } }'],
      ['  again: { one-of', '  dns: { one-of'],
    ],
    'a second probe dns',
  ],
  [
    'a port twice',
    [["tcp: '2001:db8:ff::2'", "udp: { to: '2001:db8:ff::2', port: «99» }"]],
    'port 99 is that of probe web',
  ],
  [
    'again of a flow that does not stay open',
    [['again: web', 'again: «dns»']],
    'the flow of dns does not stay open',
  ],
  ['a pace of nothing', [['dns: {', 'dns: { «every»: 1s,']], 'every is the pace of until'],
  [
    'a prefix too small to spread',
    [
      [
        "dns: { tcp: '2001:db8:ff::2' }",
        'dns: { tcp: server, destinations: { prefix: 10.9.0.0/30, count: «4» } }',
      ],
    ],
    '10.9.0.0/30 has no 4 addresses besides its first',
  ],
  [
    'destinations of a query',
    [
      [
        "dns: { tcp: '2001:db8:ff::2' }",
        'dns: { query: x, «destinations»: { prefix: 10.9.0.0/24, count: 4 } }',
      ],
    ],
    'destinations go with udp, tcp or ping',
  ],
  [
    'a sender that is not on the link',
    [['- stop: [lte-router.ra]', '- send: { node: printer, link: «lte», hex: 0a }']],
    'printer has no link lte',
  ],
  [
    'an inbound packet over a link that the sender lacks',
    [['kind: udp, to: wifi', 'kind: udp, to: wifi, over: «lte»']],
    'printer has no link lte',
  ],
  [
    'more orders than anybody runs',
    [
      [
        '- plug-in: [wifi, lte]',
        `- plug-in: [wifi, lte]${'\n  - plug-in: { any-order: [wifi, lte] }'.repeat(5)}`,
      ],
      ['experiment:', '«experiment»:'],
    ],
    '32 orders to run',
  ],
  [
    'an expectation that cannot fail',
    [['web: { router: lte-router, link: lte, source: lte }', 'web: «{}»']],
    'an expectation that cannot fail',
  ],
  [
    'an expectation that the probe cannot tell',
    [['web: { router: lte-router,', 'web: { «reply»: none,']],
    'probe web cannot tell reply',
  ],
  [
    'a change that leads nowhere',
    [['nodes.wifi-router.ra.wifi.preference', '«nodes.wifi-router.ra.wif.preference»']],
    'nodes.wifi-router.ra.wif does not exist',
    'nodes.wifi-router.ra.wifi',
  ],
  [
    'a change to a wrong lab',
    [
      [
        '- change: { nodes.wifi-router.ra.wifi.preference: low',
        '- change: { «nodes.wifi-router.ra.wifi.preference»: hgih',
      ],
    ],
    /^changed so, the lab is wrong: expected one of low, medium, high/,
    'high',
  ],
  [
    'a control that leads nowhere',
    [['nodes.lte-router.ra.lte.preference', '«nodes.lte-ruter.ra.lte.preference»']],
    'nodes.lte-ruter does not exist',
    'nodes.lte-router',
  ],
  [
    'a control whose path is none',
    [['nodes.lte-router.ra.lte.preference', '«nodes..lte-router»']],
    'nodes..lte-router is no path',
  ],
  [
    'a control that makes a wrong lab',
    [['{ nodes.lte-router.ra.lte.preference: low }', '{ nodes.lte-router.ra.lte: { «prefrence»: low } }']],
    'changed so, the lab is wrong: unknown key prefrence',
    'preference',
  ],
  [
    'a control that makes a lab without meaning',
    [
      [
        '{ nodes.lte-router.ra.lte.preference: low }',
        '{ nodes.cable-router.dhcpv4.cable.range: [«10.0.4.9», 10.0.4.99] }',
      ],
    ],
    'changed so, the lab is wrong: 10.0.4.9 is outside the prefixes of cable',
  ],
  [
    'a control that changes nothing',
    [
      [
        '- change: { nodes.lte-router.ra.lte.preference: low }',
        '- «change»: { nodes.lte-router.ra.lte.preference: high }',
      ],
    ],
    'the control changes nothing',
  ],
  [
    'a control that expects the same',
    [['    expect: { web: { router: wifi-router } }', '    «expect»: { web: { router: lte-router } }']],
    'the control expects what the lab expects, so it cannot differ',
  ],
  [
    'a control with an unknown name',
    [['router: wifi-router } }', 'router: «wifi-ruter» } }']],
    'unknown node wifi-ruter',
    'wifi-router',
  ],
];

const syntax: Case[] = [
  ['a second key', [['level: must', 'level: must\n«level»: may']], 'a second key level'],
  ['a tab', [['  - plug-in', '«\t»- plug-in']], 'a tab indents here: YAML indents with spaces'],
  ['an open bracket', [['[wifi, lte]\n    routes', '[wifi, lte\n    «»routes']], /^Flow sequence/],
  ['a second document', [['control:', '«---»\ncontrol:']], 'a second document: a lab file has one'],
  ['a tag', [['level: must', 'level: «!strong» must']], 'a tag: labs have none'],
  ['an alias of nothing', [['level: must', 'level: «*strong»']], '*strong has no anchor before it'],
  [
    'an alias of itself',
    [['routes: [', 'labels: &l { a: «*l» }\n    routes: [']],
    '*l is part of what it repeats',
  ],
  ['a NUL byte', [['level: must', 'level: m«\0»ust']], 'a control character: this is no text'],
];

for (const [about, cases] of Object.entries({ formal, names, meaning })) {
  t.test(`each mistake is found where it stands, and nothing besides: ${about}`, async (t) => {
    for (const [title, edits, message, suggestion] of cases) {
      const { text, line, column, endColumn } = edited(edits);
      const { lab: loaded, diagnostics } = read(text);
      t.equal(loaded, undefined, title);
      t.match(
        diagnostics,
        [{ file: 'my.yaml', line, column, endColumn, message, ...(suggestion && { suggestion }) }],
        title,
      );
      t.equal(diagnostics.length, 1, `${title}: one diagnostic`);
    }
  });
}

t.test('each mistake of the syntax is found where it stands', async (t) => {
  for (const [title, edits, message] of syntax) {
    const { text, line, column } = edited(edits);
    const { lab: loaded, diagnostics } = read(text);
    t.equal(loaded, undefined, title);
    t.match(diagnostics[0], { line, column, message }, title);
  }
});

t.test('a file shows all of its mistakes at once', async (t) => {
  const { text } = edited([
    ['level: must', 'level: must\nlevel: must'],
    ['lte: { ipv6: 2001:db8:b::/64 }', 'lte: { ipv6: 2001:db8:a::/48 }'],
    ['preference: medium', 'prefrence: medium'],
    ['router: [cable, internet]', 'router: [cabel, internet]'],
    ['udp: { to: server', 'udp: { to: bare'],
    ['web: { router: lte-router', 'web: { router: lte-ruter'],
    ['nodes.lte-router.ra.lte.preference', 'nodes.lte-router.ra.lt.preference'],
  ]);
  t.strictSame(
    read(text).diagnostics.map(({ line, message }) => `${line}: ${message}`),
    [
      '5: a second key level',
      '9: 2001:db8:a::/48 overlaps 2001:db8:a::/64 of network wifi',
      '13: unknown key prefrence',
      '17: unknown network cabel',
      '32: bare has no address',
      '38: unknown node lte-ruter',
      '42: nodes.lte-router.ra.lt does not exist',
    ],
  );
});

t.test('what rests on a broken part is not reported as well', async (t) => {
  const { text } = edited([
    ['server: { server: [internet], ipv6: 2001:db8:ff::1 }', 'server: { server: [internet], ipv6: nowhere }'],
    ['lte: { ipv6: 2001:db8:b::/64 }', 'lte: { ipv6: 2001:db8:b::/640 }'],
    ["dns: { tcp: '2001:db8:ff::2' }", 'dns: { tpc: server }'],
    ['  again: { one-of', '  dns: { sent: true }\n  again: { one-of'],
  ]);
  t.strictSame(
    read(text).diagnostics.map(({ line }) => line),
    [8, 17, 32],
  );
});

t.test('files that are no labs end quickly and in words', async (t) => {
  const nine = (name: string) => `[${Array(9).fill(`*${name}`).join(',')}]`;
  const cases: [string, string, RegExp][] = [
    ['an empty file', '', /empty/],
    ['comments alone', '# nothing\n', /empty/],
    ['a text', 'hello', /expected a map, not "hello"/],
    ['a list', '- 1\n- 2\n', /expected a map, not a list of 2/],
    ['10 MB', 'x'.repeat(10_000_000), /larger than/],
    ['flow nesting', '['.repeat(20_000), /nested deeper/],
    ['block nesting', '- '.repeat(20_000), /nested deeper/],
    ['nested maps', Array.from({ length: 400 }, (_, i) => `${' '.repeat(i)}a:\n`).join(''), /nested deeper/],
    [
      'an alias bomb',
      `a: &a [x]\nb: &b ${nine('a')}\nc: &c ${nine('b')}\nd: ${nine('c')}\n`,
      /aliases multiply/,
    ],
    ['very many aliases', `a: &a 1\nb: [${'*a,'.repeat(1000)}]`, /more than 100 aliases/],
    ['a key that is a map', '? { a: b }\n: c\n', /a key that is no string/],
    ['__proto__', `${lab}__proto__: { a: 1 }\n`, /unknown key __proto__/],
  ];
  for (const [title, text, message] of cases) {
    const { lab: loaded, diagnostics } = read(text);
    t.equal(loaded, undefined, title);
    t.ok(
      diagnostics.some((diagnostic) => message.test(diagnostic.message)),
      title,
    );
  }
});

t.test('as many wrong keys and networks as a file can hold do not multiply', async (t) => {
  const fill = (line: (i: number) => string) => {
    const lines: string[] = [];
    for (let length = 0; length < LARGEST_FILE - 2000; length += lines.at(-1)!.length)
      lines.push(line(lines.length));
    return lines.join('');
  };
  t.ok(read(fill((i) => `key${i}: 1\n`)).diagnostics.length > 10_000);
  const networks = fill((i) => `  n${i}: { ipv4: ${10 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24 }\n`);
  const { lab: loaded } = read(
    lab.replace('networks:\n', () => `networks:\n${networks.replaceAll(' 10.', ' 20.')}`),
  );
  t.ok(loaded, 'thousands of networks that do not overlap');
});

t.test('diagnostics are printed with their place, a frame and what was meant', async (t) => {
  const { text } = edited([
    ['preference: high', 'prefrence: high'],
    ['udp: { to: server', 'udp: { to: bare'],
  ]);
  const { diagnostics } = read(text);
  t.equal(
    printDiagnostics(diagnostics, text, { color: false }),
    `my.yaml:15:18: unknown key prefrence
  15 |     ra: { lte: { prefrence: high, rdnss: { servers: [server] } } }
     |                  ^^^^^^^^^
  did you mean preference?

my.yaml:31:25: bare has no address
  31 |       web: { udp: { to: bare, keep-open: true, port: 99 } }
     |                         ^^^^
  expected: ipv6 or ipv4: ADDRESS on node bare
`,
  );
  t.match(printDiagnostics(diagnostics, text, { color: true }), '\u001b[31m^^^^\u001b[39m');
});

t.test('a frame shows neither escape sequences nor endless lines', async (t) => {
  const text = `${lab}x: "${'y'.repeat(5000)}"\n`;
  const frames = printDiagnostics(read(text).diagnostics, text, { color: false }).split('\n');
  t.ok(frames.every((line) => line.length < 120));
  const frame = printDiagnostics([{ file: 'f', line: 1, column: 2, message: 'a\u001b[2Jb' }], '\u001b[2J', {
    color: false,
  });
  t.notMatch(frame, '\u001b');
  const many = Array.from({ length: 250 }, () => ({ file: 'f', line: 1, column: 1, message: 'm' }));
  t.match(printDiagnostics(many, '', { color: false }), /and 150 more/);
});

t.test('300 mutated labs are labs or have diagnostics inside the file, and never throw', async (t) => {
  let wrong = 0;
  fc.assert(
    fc.property(mutated(['preference', 'orders', 'host-model'].map(fixture)), (text) => {
      const { lab: loaded, diagnostics } = read(text);
      if ((loaded === undefined) === (diagnostics.length === 0)) return false;
      if (!loaded) wrong++;
      printDiagnostics(diagnostics, text, { color: false });
      const lines = text.split('\n').length;
      return diagnostics.every(({ line, column }) => line >= 1 && line <= lines && column >= 1);
    }),
    { numRuns: 300 },
  );
  t.ok(wrong > 100, `${wrong} of 300 were wrong`);
});
