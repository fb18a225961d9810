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
  /** A line to its standard input; false where it does not run. */
  tell(id: string, line: string): boolean;
  planned(id: string): PlannedDaemon;
  /** Whether its output has matched a regular expression since it started. */
  hasSaid(id: string, pattern: string): boolean;
  /**
   * Resolves once those that are gone have been heard to be: what follows a daemon's death may take fewer milliseconds
   * than the news of it.
   */
  heard(): Promise<void>;
  /** Rejects with a DaemonFault as soon as a daemon ends without being told to, or says more than anyone can keep. */
  failed: Promise<never>;
}

interface Running {
  program: RunningProgram;
  /** Its sign of readiness was seen since it was started or told to reload. */
  ready: boolean;
  told: boolean;
  over: boolean;
  output: string[];
}

/** Of what a daemon said last, for the person who looks for the reason. */
const KEPT_LINES = 10;
/** Longer than a daemon takes to end in good order; reached only by a hang. */
const END_MS = 30_000;
/** Of one daemon; labs of an hour with every debug option on say less. */
const MOST_LINES = 20_000;

const faultOf = ({ id, program }: PlannedDaemon, { output }: Running, what: string): DaemonFault =>
  new DaemonFault(id, `${id} (${program}) ${what}`, output.slice(-KEPT_LINES));

export const makeDaemons = (plan: Plan, recorder: Recorder): Daemons => {
  const planned = new Map(plan.daemons.map((daemon) => [daemon.id, daemon]));
  const running = new Map<string, Running>();
  const nodeOf = (daemon: PlannedDaemon) => plan.nodes.find(({ name }) => name === daemon.node)!;
  let fail: (fault: DaemonFault) => void;
  const failed = new Promise<never>((_, reject) => {
    fail = reject;
  });
  // Before anyone waits for it, too.
  failed.catch(() => {});
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
        if (own.output.length === MOST_LINES) {
          own.program.kill('SIGKILL');
          return fail(faultOf(daemon, own, `said more than ${MOST_LINES} lines`));
        }
        own.output.push(text);
        own.ready ||= sign!.test(text);
        recorder.record({ kind: 'log', node: daemon.node, daemon: daemon.id, stream, text });
      },
      node.image !== undefined,
      daemon.told,
    );
    running.set(daemon.id, own);
    void own.program.ended.then(({ code, signal, error }) => {
      own.over = true;
      if (!own.told && !(daemon.once && code === 0))
        fail(
          faultOf(daemon, own, `ended: ${error ?? (signal ? `killed by ${signal}` : `exit code ${code}`)}`),
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
    if (own.over && !daemon.once) throw faultOf(daemon, own, 'ended before it was ready');
    if (!own.ready)
      throw faultOf(
        daemon,
        own,
        `was not ready within ${daemon.ready.withinMs} ms: no output matched /${daemon.ready.output}/`,
      );
  };

  const end = async (id: string, signal: 'SIGTERM' | 'SIGKILL') => {
    const own = running.get(id);
    if (!own || own.over) return;
    own.told = true;
    own.program.kill(signal);
    if (!(await until(recorder, { ms: END_MS }, () => own.over || undefined)))
      throw faultOf(planned.get(id)!, own, `did not end within ${END_MS} ms of ${signal}`);
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
    tell: (id, line) => {
      if (!runs(id)) return false;
      running.get(id)!.program.tell(line);
      return true;
    },
    planned: (id) => planned.get(id)!,
    hasSaid: (id, pattern) => running.get(id)?.output.some((text) => new RegExp(pattern).test(text)) ?? false,
    heard: async () => {
      const gone = [...running.values()].filter(({ over, program }) => !over && program.isGone());
      await until(recorder, { ms: END_MS }, () => gone.every(({ over }) => over) || undefined);
    },
    failed,
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
