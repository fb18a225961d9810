/** Runs a plan in a sandbox and gathers what it tells. */

import { constants } from 'node:os';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { BUILT, MODULES, NODE, SCRIPTS } from '../clients/client.ts';
import { asLine } from '../containers/messages.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import { rootFolder } from '../images/store.ts';
import type { Plan } from '../plan/plan.ts';
import { SandboxRefused, startSandbox } from '../sys/sandbox.ts';
import type { Failure } from '../verdict/verdict.ts';
import { builtClients, ClientNotBuilt } from './built-clients.ts';
import { modulesPath, programPath } from './bundle.ts';
import { keepContainers } from './keep-containers.ts';
import type { Measure, Measurement } from './measurement.ts';
import type { LabInput, LabMessage, LabOrder } from './messages.ts';
import { type Limits, limitsOf, supervise } from './supervise.ts';

/**
 * Runs a lab process somewhere, to its end. Resolves to what it said on standard error.
 *
 * @throws SandboxRefused, LabLost
 */
export type RunLab = (
  order: LabOrder,
  onMessage: (message: LabMessage) => void,
  signal?: AbortSignal,
) => Promise<string>;

/** What a lab ran in is gone, and the lab with it. */
export class LabLost extends Error {
  /** What its console said. */
  readonly console: string;
  constructor(message: string, console: string) {
    super(message);
    this.console = console;
  }
}

export const makeMeasure =
  (runLab: RunLab): Measure =>
  async (plan, options) => {
    const began = performance.now();
    const timeline: TimelineEvent[] = [];
    let failure: Failure | undefined;
    let ready: number | undefined;
    let epochMs = Date.now();
    let ended = false;
    let console: string | undefined;
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
      const said = await runLab({ plan, keep: false }, onMessage, options.signal);
      if (!ended)
        failure = options.signal?.aborted
          ? { kind: 'evidence', message: 'interrupted' }
          : { kind: 'bug', message: `the lab process ended early: ${said}` };
    } catch (error) {
      failure = failureOf(error);
      if (error instanceof LabLost) ({ console } = error);
    }
    timeline.sort((a, b) => a.at - b.at);
    const measurement: Measurement = {
      timeline,
      failure,
      epochMs,
      timing: {
        total: performance.now() - began,
        ...(plan.timers === 'virtual' ? { virtual: timeline.at(-1)?.at } : { ready }),
      },
      files: Object.assign({}, ...plan.daemons.map(({ files }) => files)) as Record<string, string>,
      console,
    };
    return measurement;
  };

/** In a sandbox on this machine. Resolves when the sandbox is gone. */
export const runInSandbox: RunLab = (order, onMessage, signal) =>
  runWithin(limitsOf(order.plan, order.keep !== false))(order, onMessage, signal);

/** The same with limits of one's own, and more to see, as arguments of bubblewrap. */
export const runWithin =
  (limits: Limits, view: string[] = []): RunLab =>
  async (order, onMessage, signal) => {
    const { sandbox } = await startSandbox({
      program: programPath('lab-process.js'),
      modules: modulesPath(),
      lab: order.plan.lab,
      keep: order.keep,
      images: imagesOf(order.plan),
      view: [...(await clientsView(order.plan)), ...view],
    });
    const abort = () => sandbox.kill('SIGKILL');
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    let said = '';
    sandbox.stderr.on('data', (chunk: Buffer) => {
      said = (said + chunk).slice(-4096);
    });
    sandbox.stdin.on('error', () => {});
    const tell = (input: LabOrder | LabInput) => void sandbox.stdin.write(asLine(input));
    tell(order);
    const containers = order.plan.nodes.some(({ container }) => container)
      ? keepContainers(order.plan, sandbox)
      : undefined;
    let ended = false;
    const endBroken = (message: string) => {
      if (ended) return;
      ended = true;
      onMessage({ kind: 'failure', failure: { kind: 'evidence', message } });
      onMessage({ kind: 'end' });
    };
    const supervision = supervise(
      limits,
      () => tell({ kind: 'are-you-there' }),
      (reason) => {
        endBroken(reason);
        abort();
      },
    );
    sandbox.stdout.on('data', (chunk: Buffer) => supervision.heard(chunk.length));
    const messages = createInterface({ input: sandbox.stdout });
    const read = new Promise<void>((resolve) => messages.once('close', resolve));
    messages.on('line', (line) => {
      const message = messageIn(line);
      if (!message || ended) return;
      supervision.understood(message, line.length);
      if (message.kind === 'container') containers!.start(message.node);
      else if (message.kind !== 'here') onMessage(message);
      ended = message.kind === 'end';
    });
    await read;
    const { exitCode, signal: killedBy } = await sandbox;
    supervision.end();
    await containers?.end();
    signal?.removeEventListener('abort', abort);
    const endedBy = signal?.aborted ? undefined : endedByOthers(exitCode);
    if (endedBy) endBroken(endedBy);
    return said.trim() || `exit ${exitCode ?? killedBy}`;
  };

/** Signals that a process earns by itself: its own bug. Any other comes from someone else. */
const EARNED: string[] = ['SIGILL', 'SIGTRAP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGSEGV', 'SIGSYS', 'SIGIO'];

/** A sentence where a lab process was ended by another's signal: a shell says 128 and the number. */
export const endedByOthers = (exitCode = 0): string | undefined => {
  const signal = Object.entries(constants.signals).find(
    ([name, number]) => number === exitCode - 128 && !EARNED.includes(name),
  )?.[0];
  return signal && `the lab process was ended by ${signal}: by a program of the lab, or for want of memory`;
};

export const measure = makeMeasure(runInSandbox);

/** The user lands of its hosts: name to folder. */
const imagesOf = ({ nodes }: Plan): Record<string, string> =>
  Object.fromEntries(nodes.flatMap(({ image }) => (image ? [[image, rootFolder(image)]] : [])));

/** Where a lab finds its clients: their folders, as arguments of bubblewrap. */
export const clientsView = async ({ builds }: Plan): Promise<string[]> => {
  const scripts = dirname(programPath('clients/node.js'));
  const folders = {
    [SCRIPTS]: scripts,
    [MODULES]: modulesPath(),
    [NODE]: process.execPath,
    ...Object.fromEntries(
      Object.entries(await builtClients(builds, dirname(scripts))).map(([name, folder]) => [
        `${BUILT}/${name}`,
        folder,
      ]),
    ),
  };
  return Object.entries(folders).flatMap(([inside, folder]) => ['--ro-bind', folder, inside]);
};

/** The last line of a process that was killed may be cut off. */
export const messageIn = (line: string): LabMessage | undefined => {
  try {
    return JSON.parse(line) as LabMessage;
  } catch {
    return undefined;
  }
};

const failureOf = (error: unknown): Failure => {
  if (error instanceof LabLost) return { kind: 'evidence', message: error.message };
  if (error instanceof ClientNotBuilt)
    return { kind: 'machine', message: error.message, remedy: '', optional: true };
  if (error instanceof SandboxRefused)
    return {
      kind: 'machine',
      message: `no sandbox: ${error.message}`,
      remedy: 'miflab doctor',
    };
  throw error;
};
