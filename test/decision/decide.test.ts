import { encode } from 'dns-packet';
import fc from 'fast-check';
import t from 'tap';
import { decide } from '../../src/decision/decide.ts';
import type { PacketEvent, TimelineEvent } from '../../src/evidence/timeline.ts';
import type { Question } from '../../src/plan/plan.ts';
import {
  answer,
  asked,
  done,
  hostOn,
  mac,
  packet,
  planFor,
  question,
  server,
  told,
  udp,
} from '../support/two-links.ts';

const decided = (timeline: TimelineEvent[], put: Question = udp, until?: 'answered' | 'unanswered') =>
  decide(planFor(put, until), timeline)[0];

for (const kind of ['udp', 'tcp', 'ping'] as const) {
  t.test(`a ${kind} probe: first hop, link, source and who answered are read from the wire`, async (t) => {
    const more = { packet: kind };
    const timeline = [
      asked(),
      question(1, 1, 'lte', more),
      packet(2, 2, 'wifi', 'wifi-router', { ...more, source: '2001:db8:a::99' }),
      done(),
    ];
    if (kind !== 'ping')
      timeline.push(
        answer(3, 3, 'internet', 'server', 'lte', more),
        answer(4, 4, 'lte', 'lte-router', 'lte', more),
      );
    t.match(decided(timeline, { ...udp, kind } as Question), {
      sent: true,
      router: 'lte-router',
      link: 'lte',
      source: hostOn.lte,
      sourceNetwork: 'lte',
      destination: server,
      hopLimit: 64,
      ...(kind === 'ping'
        ? { answered: false, packets: [1] }
        : { answered: true, by: 'server', answerAfterMs: 3, packets: [1, 4] }),
      contradictions: [],
      unclear: undefined,
    });
  });
}

t.test('a packet of another probe whose name begins alike is not taken for this one', async (t) => {
  const other = question(1, 1, 'lte', { data: Buffer.from('miflab:web-2') });
  t.match(decided([asked(), other, question(2, 2, 'wifi'), done()]), { link: 'wifi', packets: [2] });
});

t.test('what the wire does not say clearly is unclear', async (t) => {
  t.match(
    decided([asked(), question(1, 1, 'lte'), question(2, 2, 'wifi'), done()])?.unclear,
    /several ways: lte-router over lte .*packet 1.*wifi-router over wifi/,
  );
  t.match(decided([asked(), done()])?.unclear, /no packet of the probe left/);
  t.match(
    decided([asked(), question(1, 1, 'lte'), done(), { at: 9, kind: 'capture', seen: 9, dropped: 2 }])
      ?.unclear,
    /dropped 2 packets/,
  );
});

t.test('a failed socket call, and a neighbour that did not answer, are decisions', async (t) => {
  t.match(decided([asked(), told({ error: 'ENETUNREACH' }), done()]), {
    sent: false,
    error: 'ENETUNREACH',
    unclear: undefined,
  });
  const solicitation = question(1, 1, 'lte', { packet: 'neighbour-solicitation', destination: 'fe80::2' });
  t.match(decided([asked(), solicitation, done()]), {
    sent: false,
    link: 'lte',
    router: 'lte-router',
    packets: [1],
    unclear: undefined,
  });
});

t.test(
  'another neighbour that was asked in the meantime, and answered, kept nothing from leaving',
  async (t) => {
    const solicited = (number: number, over: 'wifi' | 'lte', address: string) =>
      question(number, number, over, { packet: 'neighbour-solicitation', destination: address });
    const advertised = (number: number, over: 'wifi' | 'lte', address: string) => {
      const event = solicited(number, over, address);
      const frame = Buffer.from(event.data, 'base64');
      frame[54] = 136;
      return { ...event, node: `${over}-router`, data: frame.toString('base64') };
    };
    const timeline = [
      asked(),
      solicited(1, 'wifi', 'fe80::1'),
      advertised(2, 'wifi', 'fe80::1'),
      solicited(3, 'lte', 'fe80::2'),
    ];
    t.match(decided([...timeline, done()]), { link: 'lte', router: 'lte-router', packets: [3] });
    t.match(decided([...timeline, advertised(4, 'lte', 'fe80::2'), done()])?.unclear, /nothing shows why/);
  },
);

t.test('of a probe that was repeated the error of the last attempt counts', async (t) => {
  const timeline = [asked(), told({ error: 'ENETUNREACH' }), asked(2, 2), question(1, 3, 'lte')];
  const answered = [
    ...timeline,
    answer(2, 4, 'lte', 'lte-router', 'lte'),
    told({ socketAddress: hostOn.lte }),
    done(),
  ];
  t.equal(decided(answered, udp, 'answered')?.error, undefined);
  t.equal(decided([...timeline, told({ error: 'EPERM' }), done()], udp, 'answered')?.error, 'EPERM');
});

t.test('a neighbour that failed shows the way where no solicitation reached the wire', async (t) => {
  const failed = (address: string, at = 5): TimelineEvent => ({
    at,
    kind: 'netlink',
    node: 'host',
    what: 'new',
    object: 'neighbour',
    interface: 'lte',
    address,
    state: 'failed',
    router: false,
  });
  const expected = { sent: false, link: 'lte', router: 'lte-router', packets: [], unclear: undefined };
  t.match(decided([asked(), failed('fe80::2'), done()]), expected);
  t.match(decided([asked(), failed(server), done()]), { ...expected, router: 'on-link' });
  t.match(decided([asked(), failed('fe80::2', 200), done(100)])?.unclear, /nothing shows why/);
});

t.test('of what kind the source is, the host tells', async (t) => {
  const known = (flags: 'temporary'[], at: number): TimelineEvent => ({
    at,
    kind: 'netlink',
    node: 'host',
    what: 'new',
    object: 'address',
    interface: 'lte',
    address: hostOn.lte,
    prefixLength: 64,
    flags,
    scope: 'global',
    preferredLifetime: null,
    validLifetime: null,
  });
  t.match(decided([known(['temporary'], -2), asked(), question(1, 1, 'lte'), done()]), { temporary: true });
  t.match(decided([known([], -2), asked(), question(1, 1, 'lte'), done()]), { temporary: false });
  t.equal(decided([asked(), question(1, 1, 'lte'), done()])?.temporary, undefined);
});

t.test('of a network with several prefixes the source has one', async (t) => {
  const plan = planFor(udp);
  const two = plan.links.map((one) => ({ ...one, ipv6: [...one.ipv6, '2001:db8:c::/64'] }));
  const timeline = [asked(), question(1, 1, 'lte'), done()];
  t.match(decide({ ...plan, links: two }, timeline)[0], {
    sourceNetwork: 'lte',
    sourcePrefix: '2001:db8:b::/64',
  });
  t.equal(decide(plan, timeline)[0]?.sourcePrefix, undefined);
});

t.test('a packet to a group has no router', async (t) => {
  const group = { destination: 'ff05::1', destinationMac: '33:33:00:00:00:01' };
  const put: Question = { ...udp, destinations: ['ff05::1'] } as Question;
  t.match(decided([asked(), question(1, 1, 'lte', group), done()], put), { router: 'on-link', link: 'lte' });
});

t.test('where the host says otherwise than the wire, a sentence tells', async (t) => {
  const said = told({
    socketAddress: hostOn.wifi,
    route: { interface: 'lte', via: 'fe80::2', source: hostOn.lte },
  });
  t.same(decided([asked(), question(1, 1, 'lte'), said, done()])?.contradictions, [
    `the host says source ${hostOn.wifi} (getsockname), the wire shows ${hostOn.lte}`,
  ]);
});

t.test(
  'a host that changes its mind about the time of the packet contradicts it with neither word',
  async (t) => {
    const [wifi, lte] = [
      { interface: 'wifi', via: 'fe80::1', source: hostOn.wifi },
      { interface: 'lte', via: 'fe80::2', source: hostOn.lte },
    ];
    const contradictions = (route: typeof wifi, routeAfter: typeof wifi) =>
      decided([
        asked(),
        question(1, 1, 'lte'),
        told({ socketAddress: hostOn.lte, route, routeAfter }),
        done(),
      ])?.contradictions;
    t.same(contradictions(wifi!, lte!), []);
    t.same(contradictions(lte!, wifi!), []);
    t.match(contradictions(wifi!, { ...wifi!, via: 'fe80::9' }), [/link wifi/, /source/, /next hop/]);
  },
);

t.test('what the host says of its way while its routes come and go is compared with nothing', async (t) => {
  const deleted = (at: number): TimelineEvent => ({
    at,
    kind: 'netlink',
    node: 'host',
    what: 'deleted',
    object: 'route',
    family: 'ipv6',
    destination: 'default',
    nextHops: [{ via: 'fe80::1', interface: 'wifi' }],
    table: 254,
    metric: 100,
    protocol: 'ra',
    type: 'unicast',
  });
  const way = told({ socketAddress: hostOn.lte, route: { interface: 'wifi', via: 'fe80::1' } });
  const during = [asked(), question(1, 1, 'lte'), way, deleted(5), done(10)];
  t.same(decided(during)?.contradictions, []);
  const before = [deleted(-5), asked(), question(1, 1, 'lte'), way, done(10)];
  t.equal(decided(before)?.contradictions.length, 2);
});

t.test(
  'an outage lasts from the first attempt without an answer to the first with one, over whichever way',
  async (t) => {
    const timeline = [
      asked(0, 1),
      question(1, 1, 'wifi'),
      asked(100, 2),
      question(2, 101, 'lte'),
      answer(3, 105, 'lte', 'lte-router', 'lte'),
      done(110),
    ];
    t.match(decided(timeline, udp, 'answered'), {
      outageMs: 100,
      link: 'lte',
      answered: true,
      unclear: undefined,
    });
  },
);

t.test('a packet to the host: the way of the reply, or none', async (t) => {
  const inbound: Question = {
    kind: 'inbound',
    from: 'server',
    packet: 'udp',
    to: hostOn.wifi,
    source: server,
    port: 20001,
  };
  const request = answer(1, 1, 'wifi', 'wifi-router', 'wifi');
  t.match(decided([asked(), request, question(2, 2, 'lte', { source: hostOn.wifi }), done()], inbound), {
    reply: { sent: true, router: 'lte-router', link: 'lte', source: hostOn.wifi, sourceNetwork: 'wifi' },
    packets: [1, 2],
  });
  t.match(decided([asked(), request, done()], inbound), { reply: { sent: false }, unclear: undefined });
  t.match(decided([asked(), done()], inbound)?.unclear, /never reached/);
});

t.test('the first hop that no node has is told by its MAC address', async (t) => {
  t.match(decided([asked(), question(1, 1, 'lte', { destinationMac: mac.wifi }), done()]), {
    router: mac.wifi,
  });
});

t.test(
  'DNS: which server got the queries first, over which link, with the names of a search list',
  async (t) => {
    const dns = (type: 'query' | 'response', id: number, name: string) => ({
      port: 53,
      data: encode({ type, id, questions: [{ type: 'A', name }] }),
    });
    const timeline = [
      asked(),
      question(1, 1, 'lte', { destination: '2001:db8:b::1', ...dns('query', 7, 'www.example') }),
      question(2, 2, 'wifi', { destination: '2001:db8:a::1', ...dns('query', 8, 'www.example.corp') }),
      question(3, 3, 'wifi', { destination: '2001:db8:a::1', ...dns('query', 9, 'other.example') }),
      answer(4, 4, 'wifi', 'wifi-router', 'wifi', {
        source: '2001:db8:a::1',
        ...dns('response', 8, 'www.example.corp'),
      }),
      done(),
    ];
    const decision = decided([...timeline].reverse(), {
      kind: 'resolve',
      name: 'www.example',
      by: 'glibc',
      command: [],
    });
    t.match(decision, { sent: true, link: 'lte', packets: [1, 2], unclear: undefined });
    t.match(decision?.servers, [
      {
        server: 'lte-router',
        link: 'lte',
        queries: [{ name: 'www.example', type: 'A', transport: 'udp', afterMs: 0 }],
        answered: false,
      },
      {
        server: 'wifi-router',
        link: 'wifi',
        queries: [{ name: 'www.example.corp', type: 'A', transport: 'udp', afterMs: 1 }],
        answered: true,
      },
    ]);
    t.equal(decision?.fallbackMs, 1);
  },
);

/** The frame of a packet with some of its bytes written over. */
const patched = (event: PacketEvent, at: number, bytes: number[]): PacketEvent => {
  const frame = Buffer.from(event.data, 'base64');
  frame.set(bytes, at);
  return { ...event, data: frame.toString('base64') };
};
/** Behind the headers of Ethernet and IPv6. */
const TCP = 54;

t.test('TCP: another flow to the same port is not the probe, and a reset is no answer', async (t) => {
  const tcp = { packet: 'tcp' as const };
  const put = { ...udp, kind: 'tcp' } as Question;
  const foreign = patched(question(1, 1, 'wifi', tcp), TCP, [0xc0, 0x01]);
  const own = question(2, 2, 'lte', tcp);
  const reset = patched(answer(3, 3, 'lte', 'lte-router', 'lte', tcp), TCP + 13, [0x14]);
  const port = told({ socketPort: 20001 });
  t.match(decided([asked(), foreign, own, port, done()], put), { link: 'lte', unclear: undefined });
  t.match(decided([asked(), own, reset, port, done()], put), {
    answered: false,
    error: 'tcp reset',
    by: 'lte-router',
    packets: [2, 3],
  });
  const refused = told({ socketPort: 20001, error: 'ECONNREFUSED' });
  t.match(decided([asked(), own, reset, refused, done()], put), {
    answered: false,
    error: 'ECONNREFUSED',
    contradictions: [],
  });
});

t.test('packets of others, wherever they stand in the timeline, change no decision', async (t) => {
  const base = [
    asked(),
    question(1, 1, 'lte'),
    answer(2, 2, 'internet', 'server', 'lte'),
    answer(3, 3, 'lte', 'lte-router', 'lte'),
    told({ socketAddress: hostOn.lte, socketPort: 20001 }),
    done(),
  ];
  const other = fc
    .record({
      at: fc.double({ min: -50, max: 150, noNaN: true }),
      over: fc.constantFrom('wifi' as const, 'lte' as const),
      packet: fc.constantFrom('udp' as const, 'tcp' as const, 'ping' as const),
      port: fc.integer({ min: 20002, max: 20009 }),
      data: fc.constantFrom('miflab:other', 'miflab:web-2', '').map((text) => Buffer.from(text)),
      back: fc.boolean(),
    })
    .map(({ at, over, back, ...datagram }) =>
      back ? answer(0, at, over, `${over}-router`, over, datagram) : question(0, at, over, datagram),
    );
  const alone = decided(base);
  t.match(alone, { link: 'lte', answered: true, by: 'server', answerAfterMs: 2 });
  fc.assert(
    fc.property(fc.array(fc.tuple(other, fc.nat({ max: 6 })), { maxLength: 30 }), (others) => {
      const timeline: TimelineEvent[] = [...base];
      for (const [index, [event, place]] of others.entries())
        timeline.splice(place, 0, { ...event, number: 100 + index });
      t.same(decided(timeline), alone);
    }),
    { numRuns: 100 },
  );
});

t.test('an answer that comes after the probe has ended is none', async (t) => {
  const late = answer(2, 150, 'lte', 'lte-router', 'lte');
  t.match(decided([asked(), question(1, 1, 'lte'), late, done(100)]), { sent: true, answered: false });
});
