import t from 'tap';
import { encodeRequests, messagesOf, readAttributes } from '../../src/evidence/netlink-messages.ts';
import { wayRequest } from '../../src/experiment/way-request.ts';

const asked = (...arguments_: Parameters<typeof wayRequest>) => {
  const [message] = messagesOf(encodeRequests([wayRequest(...arguments_)]));
  const { type, body } = message!;
  const attributes = [...readAttributes(body, 12)].map(([of, value]) => [of, value.toString('hex')]);
  return { type, family: body[0], lengths: [body[1], body[2]], attributes };
};

t.test('the way of a TCP flow is asked with its source, link, mark, user and ports', async (t) => {
  const flow = { kind: 'tcp', port: 443, socketPort: 40000 } as const;
  t.same(asked('192.0.2.1', { mark: 7, user: 1000, flow }, { source: '10.0.1.10', link: 3 }), {
    type: 26,
    family: 2,
    lengths: [32, 32],
    attributes: [
      [1, 'c0000201'],
      [2, '0a00010a'],
      [4, '03000000'],
      [16, '07000000'],
      [25, 'e8030000'],
      [27, '06'],
      [28, '9c40'],
      [29, '01bb'],
    ],
  });
});

t.test('that of an echo request has a protocol and no ports, and nothing that was not stated', async (t) => {
  const flow = { kind: 'ping', port: 9 } as const;
  t.same(asked('2001:db8::1', { flow }, {}), {
    type: 26,
    family: 10,
    lengths: [128, 0],
    attributes: [
      [1, '20010db8000000000000000000000001'],
      [27, '3a'],
    ],
  });
});
