import type { PlannedDaemon } from '../plan/plan.ts';
import { READY_MS } from '../plan/ready.ts';

/** The system bus, which NetworkManager and connman need. Its address is what it says once it listens. */
export const systemBus = (host: string): PlannedDaemon => ({
  id: `${host}.dbus`,
  node: host,
  program: 'dbus-daemon',
  command: ['dbus-daemon', '--system', '--nofork', '--nopidfile', '--print-address=1'],
  files: {},
  ready: { output: '^unix:', withinMs: READY_MS },
  reload: 'restart',
  started: true,
});
