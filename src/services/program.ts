/** Any program that a lab names as a daemon. Pure. */
import type { Router } from '../lab/schema.ts';
import { milliseconds } from '../plan/addresses.ts';
import { READY_MS } from '../plan/ready.ts';
import type { PlannedService } from './service.ts';

type Daemon = NonNullable<Router['daemons']>[string];

export const program = ({ command, files, ready, within }: Daemon): PlannedService => ({
  program: command[0]!,
  command,
  files: files ?? {},
  ready: {
    output: ready?.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'),
    withinMs: within ? milliseconds(within) : READY_MS,
  },
  reload: 'restart',
});
