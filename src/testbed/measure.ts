/** Runs a plan in a sandbox and gathers what it tells. */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TimelineEvent } from '../evidence/timeline.ts';
import { rootFolder } from '../images/store.ts';
import type { Plan } from '../plan/plan.ts';
import { SandboxRefused, startSandbox } from '../sys/sandbox.ts';
import type { Failure } from '../verdict/verdict.ts';
import type { Measure, Measurement } from './measurement.ts';
import type { LabMessage, LabOrder } from './messages.ts';

export const measure: Measure = async (plan, options) => {
  const began = performance.now();
  const timeline: TimelineEvent[] = [];
  let failure: Failure | undefined;
  let ready: number | undefined;
  let epochMs = Date.now();
  let ended = false;
  const onMessage = (message: LabMessage) => {
    if (message.kind === 'began') epochMs = message.epochMs;
    else if (message.kind === 'failure') failure = message.failure;
    else if (message.kind === 'end') ended = true;
    else if (message.kind === 'event') {
      if (message.event.kind === 'network-ready') ready = performance.now() - began;
      timeline.push(message.event);
      options.onEvent?.(message.event);
    }
  };
  try {
    const said = await runInSandbox({ plan, keep: false }, onMessage, options.signal);
    if (!ended)
      failure = options.signal?.aborted
        ? { kind: 'evidence', message: 'interrupted' }
        : { kind: 'bug', message: `the lab process ended early: ${said}` };
  } catch (error) {
    failure = failureOfSandbox(error);
  }
  timeline.sort((a, b) => a.at - b.at);
  const measurement: Measurement = {
    timeline,
    failure,
    epochMs,
    timing: { total: performance.now() - began, ready },
    files: Object.assign({}, ...plan.daemons.map(({ files }) => files)) as Record<string, string>,
  };
  return measurement;
};

/** The user lands of its hosts: name to folder. */
const imagesOf = ({ nodes }: Plan): Record<string, string> =>
  Object.fromEntries(nodes.flatMap(({ image }) => (image ? [[image, rootFolder(image)]] : [])));

/** Resolves, when the sandbox is gone, to what its processes said on standard error. */
export const runInSandbox = async (
  order: LabOrder,
  onMessage: (message: LabMessage) => void,
  signal?: AbortSignal,
): Promise<string> => {
  const { sandbox } = await startSandbox({
    program: programPath(),
    modules: modulesPath(),
    lab: order.plan.lab,
    keep: order.keep,
    images: imagesOf(order.plan),
  });
  const abort = () => sandbox.kill('SIGKILL');
  signal?.addEventListener('abort', abort);
  if (signal?.aborted) abort();
  let said = '';
  sandbox.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk).slice(-4096);
  });
  sandbox.stdin.on('error', () => {});
  sandbox.stdin.write(`${JSON.stringify(order)}\n`);
  const messages = createInterface({ input: sandbox.stdout });
  const read = new Promise<void>((resolve) => messages.once('close', resolve));
  messages.on('line', (line) => {
    const message = parse(line);
    if (message) onMessage(message);
  });
  await read;
  const { exitCode, signal: killedBy } = await sandbox;
  signal?.removeEventListener('abort', abort);
  return said.trim() || `exit ${exitCode ?? killedBy}`;
};

/** The last line of a process that was killed may be cut off. */
const parse = (line: string): LabMessage | undefined => {
  try {
    return JSON.parse(line) as LabMessage;
  } catch {
    return undefined;
  }
};

const failureOfSandbox = (error: unknown): Failure => {
  if (error instanceof SandboxRefused)
    return {
      kind: 'machine',
      message: `no sandbox: ${error.message}`,
      remedy: 'miflab doctor',
    };
  throw error;
};

const here = dirname(fileURLToPath(import.meta.url));

/** Up from this file: dist/ when bundled, src/testbed/ when run through tsx, which uses the bundle too. */
const upwards = (name: string): string => {
  for (let folder = here; ; folder = dirname(folder)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
    if (folder === dirname(folder)) throw new Error(`${name} is missing above ${here}: npm run build`);
  }
};

const programPath = (): string =>
  upwards(existsSync(join(here, 'lab-process.js')) ? 'lab-process.js' : 'dist/lab-process.js');
const modulesPath = (): string => upwards('node_modules');
