/**
 * What a lab process is held to by who started it: a lab may stop it, or flood it, and neither may hold up the other
 * labs. Each limit is far from what any lab reaches, so none can change a verdict on a slow machine.
 */
import { longestRun } from '../plan/longest-run.ts';
import type { Plan } from '../plan/plan.ts';
import type { LabMessage } from './messages.ts';

export interface Limits {
  /** Bytes of all that it tells: what of a lab the orchestrator keeps in memory. */
  bytes: number;
  /** After so long without a word it is asked whether it is there, and has as long again twice over to answer. */
  quietMs: number;
  /** From its start to its end. */
  longestMs: number;
}

/** The most that a lab of today tells is 3 MB. */
export const limitsOf = (plan: Plan, keep: boolean): Limits => ({
  bytes: 100_000_000,
  quietMs: 30_000,
  longestMs: keep ? MAX_TIMER_MS : Math.min(longestRun(plan), MAX_TIMER_MS),
});

/** Of setTimeout: 24 days. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface Supervision {
  /** Something came from it. */
  heard(bytes: number): void;
  /** What came, whole. */
  understood(message: LabMessage, bytes: number): void;
  end(): void;
}

/** `ask` asks whether it is there; `giveUp` is called once at most, with the reason. */
export const supervise = (limits: Limits, ask: () => void, giveUp: (reason: string) => void): Supervision => {
  const shares = new Map<string, number>();
  let bytes = 0;
  let asked = false;
  let quiet = setTimeout(onQuiet, limits.quietMs);
  const longest = setTimeout(
    () => stop(`the lab was not over after ${minutes(limits.longestMs)}, longer than all it waits for`),
    limits.longestMs,
  );
  const end = () => {
    clearTimeout(quiet);
    clearTimeout(longest);
  };
  const stop = (reason: string) => {
    end();
    giveUp(reason);
  };
  const waitAnew = (ms: number) => {
    clearTimeout(quiet);
    quiet = setTimeout(onQuiet, ms);
  };
  function onQuiet() {
    if (!asked) {
      asked = true;
      waitAnew(2 * limits.quietMs);
      return ask();
    }
    // Where this process itself stood still, the answer has come meanwhile and is read first.
    setImmediate(() => {
      if (asked)
        stop(
          `the lab process gave no sign of life for ${Math.round((3 * limits.quietMs) / 1000)} s: a program of the lab has stopped it`,
        );
    });
  }
  return {
    heard: (more) => {
      bytes += more;
      if (asked) waitAnew(limits.quietMs);
      else quiet.refresh();
      asked = false;
      if (bytes > limits.bytes)
        stop(`the lab told more than ${limits.bytes / 1e6} MB of what happened: ${largest(shares)}`);
    },
    understood: (message, length) => {
      const share = shareOf(message);
      shares.set(share, (shares.get(share) ?? 0) + length);
    },
    end,
  };
};

const minutes = (ms: number): string => (ms < 60_000 ? `${ms} ms` : `${Math.round(ms / 60_000)} minutes`);

/** In the words of the reason. */
const shareOf = (message: LabMessage): string => {
  if (message.kind !== 'event') return 'the lab process itself';
  const { event } = message;
  if (event.kind === 'packet') return `packets of ${event.node} on ${event.link}`;
  if (event.kind === 'log') return `output of ${event.daemon}`;
  return event.kind === 'netlink' ? `changes on ${event.node}` : `${event.kind} events`;
};

const largest = (shares: Map<string, number>): string => {
  const [first] = [...shares].sort(([, one], [, other]) => other - one);
  return first ? `most of it ${first[0]}` : 'a line without an end';
};
