/** The daemons of a lab: started, waited for, reconfigured, ended; every line they say goes into the timeline. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Plan, PlannedDaemon } from '../plan/plan.ts';
import { type RunningProgram, startProgram } from '../sys/program.ts';
import { DaemonFault } from './faults.ts';
import { inNode } from './places.ts';
import { type Recorder, until } from './recorder.ts';

export interface Daemons {
  /** Resolves when it is ready. Rejects with a DaemonFault when it ends before, or never gets there. */
  start(daemon: PlannedDaemon): Promise<void>;
  end(id: string, signal: 'SIGTERM' | 'SIGKILL'): Promise<void>;
  reconfigure(daemon: PlannedDaemon): Promise<void>;
  planned(id: string): PlannedDaemon;
  /** The first daemon that ended without being told to. */
  fault(): DaemonFault | undefined;
}

interface Running {
  program: RunningProgram;
  told: boolean;
  over: boolean;
  lastOutput: string[];
}

const KEPT_LINES = 10;

export const makeDaemons = (plan: Plan, recorder: Recorder): Daemons => {
  const planned = new Map(plan.daemons.map((daemon) => [daemon.id, daemon]));
  const running = new Map<string, Running>();
  let fault: DaemonFault | undefined;

  const start = async (daemon: PlannedDaemon) => {
    writeFiles(daemon);
    const node = plan.nodes.find(({ name }) => name === daemon.node)!;
    const sign = daemon.ready.output === undefined ? undefined : new RegExp(daemon.ready.output);
    let ready = sign === undefined;
    const own: Running = { told: false, over: false, lastOutput: [], program: undefined as never };
    recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'started' });
    own.program = startProgram(inNode(node, daemon.command), (stream, text) => {
      own.lastOutput = [...own.lastOutput, text].slice(-KEPT_LINES);
      ready ||= sign!.test(text);
      recorder.record({ kind: 'log', node: daemon.node, daemon: daemon.id, stream, text });
    });
    running.set(daemon.id, own);
    void own.program.ended.then(({ code, signal, error }) => {
      own.over = true;
      if (!own.told)
        fault ??= new DaemonFault(
          daemon.id,
          `${daemon.id} (${daemon.program}) ended: ${error ?? (signal ? `killed by ${signal}` : `exit code ${code}`)}`,
          own.lastOutput,
        );
      recorder.record({
        kind: 'daemon',
        daemon: daemon.id,
        what: 'exited',
        code,
        signal,
        expected: own.told,
      });
    });
    await until(recorder, { ms: daemon.ready.withinMs }, () => (ready || own.over ? true : undefined));
    if (own.over)
      throw fault ?? new DaemonFault(daemon.id, `${daemon.id} ended before it was ready`, own.lastOutput);
    if (!ready)
      throw new DaemonFault(
        daemon.id,
        `${daemon.id} (${daemon.program}) was not ready within ${daemon.ready.withinMs} ms: no output matched /${daemon.ready.output}/`,
        own.lastOutput,
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
    fault: () => fault,
    reconfigure: async (daemon) => {
      planned.set(daemon.id, daemon);
      const own = running.get(daemon.id);
      if (daemon.reload === 'SIGHUP' && own && !own.over) {
        writeFiles(daemon);
        own.program.kill('SIGHUP');
        recorder.record({ kind: 'daemon', daemon: daemon.id, what: 'reloaded' });
        return;
      }
      await end(daemon.id, 'SIGTERM');
      await start(daemon);
    },
  };
};

const writeFiles = ({ files }: PlannedDaemon): void => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
};
