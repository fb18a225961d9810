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
  reconfigure(daemon: PlannedDaemon): Promise<void>;
  planned(id: string): PlannedDaemon;
  /** Whether its output has matched a regular expression since it started. */
  hasSaid(id: string, pattern: string): boolean;
  /** The first daemon that ended without being told to. */
  fault(): DaemonFault | undefined;
}

interface Running {
  program: RunningProgram;
  told: boolean;
  over: boolean;
  output: string[];
}

const KEPT_LINES = 10;

export const makeDaemons = (plan: Plan, recorder: Recorder): Daemons => {
  const planned = new Map(plan.daemons.map((daemon) => [daemon.id, daemon]));
  const running = new Map<string, Running>();
  const nodeOf = (daemon: PlannedDaemon) => plan.nodes.find(({ name }) => name === daemon.node)!;
  let fault: DaemonFault | undefined;

  const start = async (daemon: PlannedDaemon) => {
    const already = running.get(daemon.id);
    if (already && !already.over) return;
    const node = nodeOf(daemon);
    layFiles(node, daemon.files);
    const sign = daemon.ready.output === undefined ? undefined : new RegExp(daemon.ready.output);
    let ready = sign === undefined;
    const own: Running = { told: false, over: false, output: [], program: undefined as never };
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'started' });
    own.program = startProgram(
      inNode(node, daemon.command),
      (stream, text) => {
        own.output.push(text);
        ready ||= sign!.test(text);
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
    await until(recorder, { ms: daemon.ready.withinMs }, () => (ready || own.over ? true : undefined));
    if (own.over)
      throw (
        fault ??
        new DaemonFault(daemon.id, `${daemon.id} ended before it was ready`, own.output.slice(-KEPT_LINES))
      );
    if (!ready)
      throw new DaemonFault(
        daemon.id,
        `${daemon.id} (${daemon.program}) was not ready within ${daemon.ready.withinMs} ms: no output matched /${daemon.ready.output}/`,
        own.output.slice(-KEPT_LINES),
      );
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'ready' });
  };

  const end = async (id: string, signal: 'SIGTERM' | 'SIGKILL') => {
    const own = running.get(id);
    if (!own || own.over) return;
    own.told = true;
    own.program.kill(signal);
    await own.program.ended;
  };

  return {
    start,
    end,
    planned: (id) => planned.get(id)!,
    hasSaid: (id, pattern) => running.get(id)?.output.some((text) => new RegExp(pattern).test(text)) ?? false,
    fault: () => fault,
    reconfigure: async (daemon) => {
      planned.set(daemon.id, daemon);
      const own = running.get(daemon.id);
      if (daemon.reload === 'SIGHUP' && own && !own.over) {
        layFiles(nodeOf(daemon), daemon.files);
        own.program.kill('SIGHUP');
        recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'reloaded' });
        return;
      }
      await end(daemon.id, 'SIGTERM');
      await start(daemon);
    },
  };
};
