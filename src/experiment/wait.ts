/** Waiting for a state of the host: what is missing is asked anew after every event, until nothing is. */
import { readHeaders } from '../evidence/headers.ts';
import { missing } from '../evidence/tables.ts';
import type { HostState } from '../plan/state.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { type Recorder, until } from '../testbed/recorder.ts';

/**
 * What daemons said and links carried since the trigger of a wait: the beginning of the last step that was no wait.
 * An answer may be there before anyone waits for it.
 */
export interface SinceTrigger {
  logs: { daemon: string; text: string }[];
  packets: { link: string; node: string; kind: string }[];
  reset(): void;
}

export const sinceTrigger = (recorder: Recorder): SinceTrigger => {
  const seen: SinceTrigger = {
    logs: [],
    packets: [],
    reset: () => {
      seen.logs = [];
      seen.packets = [];
    },
  };
  recorder.watch((event) => {
    if (event.kind === 'log') seen.logs.push(event);
    if (event.kind !== 'packet') return;
    const { kind } = readHeaders(Buffer.from(event.data, 'base64'));
    seen.packets.push({ link: event.link, node: event.node, kind });
  });
  return seen;
};

/** What is still missing at the deadline, in words; nothing once the state has come. */
export const waitForState = async (
  lab: RunningLab,
  state: HostState,
  withinMs: number,
  { logs, packets }: SinceTrigger,
): Promise<string[]> => {
  let lacking: string[] = [];
  await until(lab.recorder, { ms: withinMs }, () => {
    lacking = missing(state, {
      tables: lab.host.tables(),
      logs,
      packets,
      hasSaid: lab.daemons.hasSaid,
      resolvConf: state.resolvers.length > 0 ? lab.host.resolvConf() : '',
    });
    return lacking.length === 0 ? true : undefined;
  });
  return lacking;
};
