/** The daemon that is a host's IP stack instead of its kernel. Pure. */
import type { PlannedDaemon } from '../plan/plan.ts';

/** It speaks as experiment/foreign-messages.ts says, and is ready with its first word. */
export const foreignStack = (host: string, name: string, command: string[]): PlannedDaemon => ({
  id: `${host}.${name}`,
  node: host,
  program: name,
  command,
  files: {},
  ready: { output: '^\\{"ready"', withinMs: 20_000 },
  reload: 'restart',
  started: true,
  told: true,
});
