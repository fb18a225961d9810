/** A probe: asked, watched on the wire until it is answered or nothing more happens, the host's own answer recorded. */
import type { PlannedProbe } from '../plan/plan.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { until } from '../testbed/recorder.ts';
import { askInbound } from './inbound.ts';
import { askProgram } from './program.ts';
import { askAgain, askSocket } from './socket.ts';
import { type WireWatch, watchWire } from './wire-watch.ts';

export const runProbe = async (lab: RunningLab, probe: PlannedProbe): Promise<void> => {
  const watch = watchWire(lab, probe);
  try {
    if (probe.until) await askRepeatedly(lab, probe, watch);
    else await askOnce(lab, probe, watch, 1);
  } finally {
    watch.end();
  }
  lab.recorder.record({ kind: 'probe', probe: probe.name, what: 'done' });
};

const askOnce = async (
  lab: RunningLab,
  probe: PlannedProbe,
  watch: WireWatch,
  attempt: number,
): Promise<void> => {
  await ask(lab, probe, attempt, watch);
  if (watch.expects === 'program') return;
  await untilSettled(lab, probe, watch);
};

/** So many destinations, or all, have answered or refused; or nothing more happens. */
const untilSettled = (lab: RunningLab, probe: PlannedProbe, watch: WireWatch, asked?: number) =>
  until(lab.recorder, { ms: probe.withinMs, extendedBy: watch.concerns }, () =>
    watch.settled(asked) ? true : undefined,
  );

/** The pace counts from each question; an attempt is answered or not by the time of the next. */
const askRepeatedly = async (lab: RunningLab, probe: PlannedProbe, watch: WireWatch): Promise<void> => {
  const began = lab.recorder.elapsed();
  for (let attempt = 1; lab.recorder.elapsed() - began < probe.withinMs; attempt++) {
    watch.forget();
    const asked = lab.recorder.elapsed();
    await ask(lab, probe, attempt, watch);
    await until(lab.recorder, { ms: probe.everyMs }, () => (watch.settled() ? true : undefined));
    if (watch.answered() === (probe.until === 'answered')) return;
    const left = probe.everyMs - (lab.recorder.elapsed() - asked);
    if (left > 0) await until(lab.recorder, { ms: left }, () => undefined);
  }
};

const ask = async (
  lab: RunningLab,
  probe: PlannedProbe,
  attempt: number,
  watch: WireWatch,
): Promise<void> => {
  const { question, name } = probe;
  lab.recorder.record({ kind: 'probe', probe: name, what: 'asked', attempt });
  switch (question.kind) {
    case 'udp':
    case 'tcp':
    case 'ping':
      return askSocket(lab, probe, question, async (asked) => {
        if (asked % burstOf(question.size) === 0) await untilSettled(lab, probe, watch, asked);
      });
    case 'again':
      return askAgain(lab, probe, question.probe);
    case 'inbound':
      return askInbound(lab, probe, question);
    default:
      return askProgram(lab, probe, question);
  }
};

/** Frames that are asked at once: with their answers far less than a ring holds, and no more than a server's socket does. */
const FRAMES_AT_ONCE = 128;
/** What a fragment of a datagram carries at least, on the narrowest link that IPv6 knows. */
const SMALLEST_FRAGMENT = 1232;

/** So many destinations of a distribution are asked before their answers are awaited. */
const burstOf = (size: number): number =>
  Math.max(1, Math.floor(FRAMES_AT_ONCE / Math.ceil((size + 1) / SMALLEST_FRAGMENT)));
