import t from 'tap';
import type { Host } from '../../src/experiment/host.ts';
import { askSocket } from '../../src/experiment/socket.ts';
import type { PlannedProbe } from '../../src/plan/plan.ts';
import type { RunningLab } from '../../src/testbed/lab.ts';

t.test(
  'the host is asked its way before its packet is on the wire and after it: a redirect may change it',
  async (t) => {
    const happened: unknown[] = [];
    const host: Pick<Host, 'ask' | 'wayTo'> = {
      ask: async (_, beforeSent) => {
        await beforeSent(4711);
        happened.push('sent');
        return { socketPort: 4711 };
      },
      wayTo: async (destination, { flow }) => {
        happened.push(`asked for ${destination}, port ${flow?.socketPort}`);
        return { interface: happened.includes('sent') ? 'lte' : 'wifi' };
      },
    };
    const recorder = { record: (event: unknown) => happened.push(event) };
    const question = { kind: 'udp' as const, destinations: ['192.0.2.1'], port: 7, size: 0, keepOpen: false };
    const probe: PlannedProbe = {
      name: 'web',
      node: 'host',
      question,
      nonce: 'miflab:web',
      everyMs: 100,
      withinMs: 500,
    };
    await askSocket({ host, recorder } as unknown as RunningLab, probe, question, async () => {});
    const asked = 'asked for 192.0.2.1, port 4711';
    t.same(happened.slice(0, 3), [asked, 'sent', asked]);
    t.match(happened[3], {
      what: 'answer',
      answer: { route: { interface: 'wifi' }, routeAfter: { interface: 'lte' } },
    });
  },
);
