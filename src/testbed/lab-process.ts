/**
 * The process that runs one lab, inside its sandbox: it builds the networks, starts the daemons, runs the
 * steps and tells everything on standard output. The end of its standard input is the end of the lab.
 */
import { EventEmitter } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { foreignHost } from '../experiment/foreign-host.ts';
import { kernelHost } from '../experiment/kernel-host.ts';
import { runSteps } from '../experiment/run-steps.ts';
import type { Plan } from '../plan/plan.ts';
import { closeToOthers } from '../sys/libc.ts';
import { build } from './build.ts';
import { startCapture } from './capture.ts';
import { makeContainers } from './containers.ts';
import { makeDaemons } from './daemons.ts';
import { failureOf } from './faults.ts';
import { impairLink } from './impair.ts';
import type { LabInput, LabMessage, LabOrder } from './messages.ts';
import { PLAN_FILE } from './places.ts';
import { makeRecorder } from './recorder.ts';
import { startResponders } from './responders.ts';
import { askVersion } from './stack-version.ts';
import { untilNodesAreUsable } from './usable.ts';

const asLine = (message: LabMessage): string => `${JSON.stringify(message)}\n`;
const tell = (message: LabMessage): void => void process.stdout.write(asLine(message));

const runLab = async ({ plan, keep }: LabOrder, outside: EventEmitter): Promise<void> => {
  const recorder = makeRecorder();
  tell({ kind: 'began', epochMs: recorder.epochMs });
  recorder.watch((event) => tell({ kind: 'event', event }));
  const containers = makeContainers(outside, recorder, (node) => tell({ kind: 'container', node }));
  const before = await build(plan, containers);
  const capture = startCapture(plan, recorder);
  try {
    const daemons = makeDaemons(plan, recorder);
    await untilNodesAreUsable(plan, recorder);
    startResponders(
      plan.responders.filter(({ node }) => node !== plan.host.node),
      recorder,
    );
    await impairLinks(plan);
    const { foreign } = plan.host;
    // Before any daemon: what one of them takes away of the lab's own is seen to go.
    const kernel = foreign ? undefined : kernelHost(plan, recorder);
    const experiment = async () => {
      await Promise.all([
        askVersion(plan, recorder),
        ...plan.daemons.filter(({ started }) => started).map(daemons.start),
      ]);
      const host = kernel ?? foreignHost(plan, recorder, daemons, foreign!);
      host.listen(plan.responders.filter(({ node }) => node === plan.host.node));
      const lab = { plan, recorder, capture, daemons, host, before };
      await runSteps(lab, async () => {
        if (!keep) return;
        writeFileSync(PLAN_FILE, JSON.stringify(plan));
        tell({ kind: 'kept' });
        await new Promise(() => {});
      });
      await daemons.heard();
    };
    // A daemon or a container that dies ends whatever the lab waits for.
    await Promise.race([experiment(), daemons.failed, containers.failed]);
  } finally {
    capture.finish();
  }
};

const impairLinks = async (plan: Plan): Promise<void> => {
  for (const { name, impair } of plan.links) if (impair) await impairLink(plan, name, impair);
};

closeToOthers();
// Otherwise it starts Node's debugger, on a port that the lab's programs reach.
process.on('SIGUSR1', () => {});

const lines = createInterface({ input: process.stdin });
lines.on('close', () => process.exit(1));
lines.once('line', (line) => {
  const outside = new EventEmitter();
  lines.on('line', (text) => {
    const input = JSON.parse(text) as LabInput;
    if (input.kind === 'are-you-there') tell({ kind: 'here' });
    else outside.emit('answer', input);
  });
  runLab(JSON.parse(line) as LabOrder, outside)
    .catch((error: unknown) => tell({ kind: 'failure', failure: failureOf(error) }))
    .finally(() => {
      // What is written to a reader that is slow waits in this process, and would end with it.
      process.stdout.write(asLine({ kind: 'end' }), () => process.exit(0));
    });
});
