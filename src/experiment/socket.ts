/** UDP, TCP and ICMP echo probes: put to the stack of the host, one destination after the other. */
import { isDeepStrictEqual } from 'node:util';
import type { HostAnswer } from '../evidence/timeline.ts';
import type { PlannedProbe, Question } from '../plan/plan.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { hostAddress } from './host-address.ts';

type SocketQuestion = Extract<Question, { kind: 'udp' | 'tcp' | 'ping' }>;

/** The host's own way is asked for one destination, not for each of a distribution. */
export const askSocket = async (
  lab: RunningLab,
  probe: PlannedProbe,
  question: SocketQuestion,
  /** Awaited between two destinations, with how many were asked. */
  pace: (asked: number) => Promise<void>,
): Promise<void> => {
  const { destinations, kind, port, size, keepOpen: _, ...stated } = question;
  const options = { ...stated, bindAddress: await hostAddress(lab, probe.node, stated.bindAddress) };
  for (const [index, destination] of destinations.entries()) {
    if (index > 0) await pace(index);
    const { name: flow, nonce: data, withinMs } = probe;
    const way = async (socketPort?: number) =>
      destinations.length > 1
        ? undefined
        : lab.host.wayTo(destination, { ...options, flow: { kind, port, socketPort } });
    let route: HostAnswer['route'];
    const said = await lab.host.ask(
      { kind, flow, destination, port, data, size, withinMs, ...options },
      async (socketPort) => {
        route = await way(socketPort);
      },
    );
    const after = await way(said.socketPort);
    lab.recorder.record({
      kind: 'probe',
      probe: probe.name,
      what: 'answer',
      answer: { destination, ...said, route, ...(!isDeepStrictEqual(after, route) && { routeAfter: after }) },
    });
  }
};

/** Asks the open flow again. */
export const askAgain = async (lab: RunningLab, probe: PlannedProbe, flow: string): Promise<void> => {
  const answer = await lab.host.askAgain(flow, probe.nonce);
  lab.recorder.record({ kind: 'probe', probe: probe.name, what: 'answer', answer });
};
