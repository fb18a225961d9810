/** The daemons of a lab: started, waited for, reconfigured, ended; every line they say goes into the timeline. */
import type { Plan, PlannedDaemon } from '../plan/plan.ts';
import { type RunningProgram, startProgram } from '../sys/program.ts';
import { DaemonFault } from './faults.ts';
import { layFiles } from './own-files.ts';
import { inNode } from './places.ts';
import { type Recorder, until } from './recorder.ts';

export interface Daemons {
  /** Resolves when it is ready; one that runs already is left as it is. Rejects with a DaemonFault when it ends before, or never gets there. */
  start(daemon: PlannedDaemon): Promise<void>;
  end(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  /** Resolves when it works with its new configuration. One that is stopped has it when it is started again. */
  reconfigure(daemon: PlannedDaemon): Promise<void>;
  planned(id: string): PlannedDaemon;
  /** Whether its output has matched a regular expression since it started. */
  hasSaid(id: string, pattern: string): boolean;
  /** The first daemon that ended without being told to. */
  fault(): DaemonFault | undefined;
}

interface Running {
  program: RunningProgram;
  /** Its sign of readiness was seen since it was started or told to reload. */
  ready: boolean;
  told: boolean;
  over: boolean;
  output: string[];
}

const KEPT_LINES = 10;
/** Longer than a daemon takes to end in good order; reached only by a hang. */
const END_MS = 30_000;

export const makeDaemons = (plan: Plan, recorder: Recorder): Daemons => {
  const planned = new Map(plan.daemons.map((daemon) => [daemon.id, daemon]));
  const running = new Map<string, Running>();
  const nodeOf = (daemon: PlannedDaemon) => plan.nodes.find(({ name }) => name === daemon.node)!;
  let fault: DaemonFault | undefined;
  const runs = (id: string) => running.get(id)?.over === false;

  const start = async (daemon: PlannedDaemon) => {
    if (runs(daemon.id)) return;
    const node = nodeOf(daemon);
    layFiles(node, daemon.files);
    const sign = signOf(daemon);
    const own: Running = {
      ready: sign === undefined,
      told: false,
      over: false,
      output: [],
      program: undefined as never,
    };
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'started' });
    own.program = startProgram(
      inNode(node, daemon.command),
      (stream, text) => {
        own.output.push(text);
        own.ready ||= sign!.test(text);
        recorder.record({ kind: 'log', node: daemon.node, daemon: daemon.id, stream, text });
      },
      node.image !== undefined,
    );
    running.set(daemon.id, own);
    void own.program.ended.then(({ code, signal, error }) => {
      own.over = true;
      if (!own.told && !(daemon.once && code === 0))
        fault ??= new DaemonFault(
          daemon.id,
          `${daemon.id} (${daemon.program}) ended: ${error ?? (signal ? `killed by ${signal}` : `exit code ${code}`)}`,
          own.output.slice(-KEPT_LINES),
        );
      recorder.record({
        kind: 'daemon',
        daemon: daemon.id,
        what: 'exited',
        code,
        signal,
        expected: own.told || daemon.once === true,
      });
    });
    await untilReady(daemon, own);
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'ready' });
  };

  const untilReady = async (daemon: PlannedDaemon, own: Running) => {
    await until(recorder, { ms: daemon.ready.withinMs }, () => (own.ready || own.over ? true : undefined));
    if (own.over)
      throw (
        fault ??
        new DaemonFault(daemon.id, `${daemon.id} ended before it was ready`, own.output.slice(-KEPT_LINES))
      );
    if (!own.ready)
      throw new DaemonFault(
        daemon.id,
        `${daemon.id} (${daemon.program}) was not ready within ${daemon.ready.withinMs} ms: no output matched /${daemon.ready.output}/`,
        own.output.slice(-KEPT_LINES),
      );
  };

  const end = async (id: string, signal: 'SIGTERM' | 'SIGKILL') => {
    const own = running.get(id);
    if (!own || own.over) return;
    own.told = true;
    own.program.kill(signal);
    if (!(await until(recorder, { ms: END_MS }, () => own.over || undefined)))
      throw new DaemonFault(
        id,
        `${id} did not end within ${END_MS} ms of ${signal}`,
        own.output.slice(-KEPT_LINES),
      );
  };

  const reload = async (daemon: PlannedDaemon, own: Running) => {
    layFiles(nodeOf(daemon), daemon.files);
    own.ready = signOf(daemon) === undefined;
    own.program.kill('SIGHUP');
    await untilReady(daemon, own);
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'reloaded' });
  };

  return {
    start,
    end,
    planned: (id) => planned.get(id)!,
    hasSaid: (id, pattern) => running.get(id)?.output.some((text) => new RegExp(pattern).test(text)) ?? false,
    fault: () => fault,
    reconfigure: async (daemon) => {
      const known = planned.has(daemon.id);
      planned.set(daemon.id, daemon);
      if (known && !runs(daemon.id)) return;
      if (known && daemon.reload === 'SIGHUP') return reload(daemon, running.get(daemon.id)!);
      await end(daemon.id, 'SIGTERM');
      await start(daemon);
    },
  };
};

/** Said when the daemon is ready, and said again when it has taken up a changed configuration. */
const signOf = ({ ready }: PlannedDaemon): RegExp | undefined =>
  ready.output === undefined ? undefined : new RegExp(ready.output);
