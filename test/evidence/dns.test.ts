import { encode, type Packet } from 'dns-packet';
import fc from 'fast-check';
import t from 'tap';
import { readDns, readDnsOverTcp } from '../../src/evidence/dns.ts';

const question = { name: 'Nonce-1.WWW.Example', type: 'AAAA' } as const;
const answers: Packet['answers'] = [
  { name: 'nonce-1.www.example', type: 'CNAME', data: 'server.example' },
  { name: 'server.example', type: 'AAAA', data: '2001:DB8:0:0:0:0:0:1' },
  { name: 'server.example', type: 'A', data: '192.0.2.1' },
  { name: 'server.example', type: 'AAAA', data: '::ffff:192.0.2.9' },
];
const RECURSION_DESIRED = 0x100;
const NXDOMAIN = 3;

t.test('what a query asks', (t) => {
  const query = encode({ type: 'query', id: 4711, flags: RECURSION_DESIRED, questions: [question] });
  t.strictSame(readDns(query), {
    id: 4711,
    response: false,
    name: 'nonce-1.www.example',
    type: 'AAAA',
    rcode: 'NOERROR',
    addresses: [],
  });
  t.end();
});

t.test('what a response says: addresses in order and in canonical form', (t) => {
  const response = encode({ type: 'response', id: 4711, questions: [question], answers });
  t.strictSame(readDns(response), {
    id: 4711,
    response: true,
    name: 'nonce-1.www.example',
    type: 'AAAA',
    rcode: 'NOERROR',
    addresses: ['2001:db8::1', '192.0.2.1', '::ffff:192.0.2.9'],
  });
  const refusal = encode({ type: 'response', id: 1, flags: NXDOMAIN, questions: [question] });
  t.match(readDns(refusal), { rcode: 'NXDOMAIN', addresses: [] });
  t.end();
});

t.test('a type without a name of its own is read by its number', (t) => {
  const https = encode({ type: 'query', id: 1, questions: [question] });
  https.writeUInt16BE(65, https.length - 4);
  t.match(readDns(https), { name: 'nonce-1.www.example', type: 'UNKNOWN_65' });
  t.end();
});

t.test('over TCP a length stands before the message', (t) => {
  const query = encode({ type: 'query', id: 7, questions: [question] });
  t.match(readDnsOverTcp(Buffer.concat([Buffer.from([0, query.length]), query])), {
    id: 7,
    name: 'nonce-1.www.example',
  });
  t.end();
});

t.test('what is no whole DNS message is none, and never an exception', (t) => {
  const response = encode({ type: 'response', id: 4711, questions: [question], answers });
  for (let length = 0; length < response.length; length++) {
    const cut = readDns(response.subarray(0, length));
    t.ok(
      cut === undefined || cut.addresses.every((address) => !address.includes('undefined')),
      `cut to ${length} bytes`,
    );
  }
  t.equal(readDns(encode({ type: 'query', id: 1 })), undefined, 'without a question');
  const garbage = fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    readDns(bytes);
    readDnsOverTcp(bytes);
  });
  t.doesNotThrow(() => fc.assert(garbage, { numRuns: 2000 }));
  t.end();
});
