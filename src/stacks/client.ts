/** A DHCP client that runs once per link, as a daemon of the host that starts when the link gets carrier. Pure. */
import type { PlannedDaemon, PlannedStep } from '../plan/plan.ts';
import { READY_MS } from '../plan/ready.ts';

/** Ready once started: whether an answer comes is the network's affair, and what `settle` waits for. */
export const client = (host: string, name: string, command: string[]): PlannedDaemon => ({
  id: `${host}.${name}`,
  node: host,
  program: command[0]!,
  command,
  files: {},
  ready: { withinMs: READY_MS },
  reload: 'restart',
  started: false,
});

export const startClient = ({ id }: PlannedDaemon): PlannedStep => ({
  kind: 'daemon',
  title: `start ${id}`,
  action: 'start',
  daemon: id,
});
