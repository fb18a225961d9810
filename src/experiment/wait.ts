/** Waiting for a state of the host: what is missing is asked anew after every event, until nothing is. */
import { readHeaders } from '../evidence/headers.ts';
import { missing } from '../evidence/tables.ts';
import type { HostState } from '../plan/state.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { until } from '../testbed/recorder.ts';

/** What is still missing at the deadline, in words; nothing once the state has come. Packets and logs count from the call on. */
export const waitForState = async (
  lab: RunningLab,
  state: HostState,
  withinMs: number,
): Promise<string[]> => {
  const logs: { daemon: string; text: string }[] = [];
  const packets: { link: string; node: string; kind: string }[] = [];
  const unwatch = lab.recorder.watch((event) => {
    if (event.kind === 'log') logs.push(event);
    if (event.kind === 'packet' && state.packets.length > 0)
      packets.push({
        link: event.link,
        node: event.node,
        kind: readHeaders(Buffer.from(event.data, 'base64')).kind,
      });
  });
  let lacking: string[] = [];
  await until(lab.recorder, { ms: withinMs }, () => {
    if (lab.daemons.fault()) return true;
    lacking = missing(state, {
      tables: lab.host.tables(),
      logs,
      packets,
      hasSaid: lab.daemons.hasSaid,
      resolvConf: state.resolvers.length > 0 ? lab.host.resolvConf() : '',
    });
    return lacking.length === 0 ? true : undefined;
  });
  unwatch();
  const fault = lab.daemons.fault();
  if (fault) throw fault;
  return lacking;
};
