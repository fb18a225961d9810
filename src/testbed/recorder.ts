/**
 * The timeline as it grows: everything that happens is recorded here, and every wait is a watch on it.
 * There is no other way to wait, so no wait depends on how fast the machine is.
 */
import type { TimelineEvent } from '../evidence/timeline.ts';
import { now } from '../sys/libc.ts';

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
export type UntimedEvent = Without<TimelineEvent, 'at'>;

export interface Recorder {
  /** The beginning of the lab in milliseconds of CLOCK_REALTIME. */
  epochMs: number;
  /** Milliseconds since the beginning. */
  elapsed(): number;
  /** Without a time: now. */
  record(event: UntimedEvent, at?: number): void;
  watch(listener: (event: TimelineEvent) => void): () => void;
  /** Sources that must be read out before anyone says that something did not happen. */
  drain: (() => void)[];
}

export const makeRecorder = (): Recorder => {
  const epochMs = now();
  const listeners = new Set<(event: TimelineEvent) => void>();
  const elapsed = () => now() - epochMs;
  return {
    epochMs,
    elapsed,
    record: (event, at = elapsed()) => {
      const timed = { at: Math.round(at * 1e3) / 1e3, ...event } as TimelineEvent;
      for (const listener of listeners) listener(timed);
    },
    watch: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    drain: [],
  };
};

export interface Deadline {
  ms: number;
  /** Where an event makes the wait begin anew: what was seen shows that something is still under way. */
  extendedBy?: (event: TimelineEvent) => boolean;
}

/**
 * Resolves to what `check` gives as soon as it gives something: now, or after an event. Undefined at the
 * deadline; rejects with what `check` throws. A deadline that has come looks once more at everything that waited to be read: on a slow machine
 * the timer may be served before the packet.
 */
export const until = <T>(
  recorder: Recorder,
  deadline: Deadline,
  check: () => T | undefined,
): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const first = check();
    if (first !== undefined) return resolve(first);
    let timer = setTimeout(expire, deadline.ms);
    let extended = false;
    const unwatch = recorder.watch((event) => {
      if (deadline.extendedBy?.(event)) {
        extended = true;
        clearTimeout(timer);
        timer = setTimeout(expire, deadline.ms);
      }
      look(false);
    });
    /** What the check throws ends the wait, and must not reach whoever recorded the event. */
    function look(last: boolean) {
      try {
        const value = check();
        if (value === undefined && !last) return;
        resolve(value);
      } catch (error) {
        reject(error);
      }
      clearTimeout(timer);
      unwatch();
    }
    function expire() {
      extended = false;
      for (const drain of recorder.drain) drain();
      setImmediate(() => {
        for (const drain of recorder.drain) drain();
        if (!extended) look(true);
      });
    }
  });
