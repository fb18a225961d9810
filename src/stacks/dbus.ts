import type { PlannedDaemon } from '../plan/plan.ts';

/** The system bus, which NetworkManager and connman need. Its address is what it says once it listens. */
export const systemBus = (host: string): PlannedDaemon => ({
  id: `${host}.dbus`,
  node: host,
  program: 'dbus-daemon',
  command: ['dbus-daemon', '--system', '--nofork', '--nopidfile', '--print-address=1'],
  files: {},
  ready: { output: '^unix:', withinMs: 10_000 },
  reload: 'restart',
  started: true,
});
