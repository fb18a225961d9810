/** A suite without networks: runs whose outcomes are written down. */
import type { Lab } from '../../src/lab/schema.ts';
import type { Need, Plan } from '../../src/plan/plan.ts';
import type { RunInfo } from '../../src/suite/results.ts';
import type { Laboratory, Run } from '../../src/suite/run.ts';
import type { SuiteOptions } from '../../src/suite/run-suite.ts';
import type { Measurement } from '../../src/testbed/measurement.ts';
import type { Failure, Outcome } from '../../src/verdict/verdict.ts';

/** What one measurement comes to: 'deviates recorded' is one that the practice knows. */
export type Scripted = Outcome | 'deviates recorded' | 'conforms varying' | 'changed' | 'bug' | Failure;

export const makeInfo = (lab: string, more: Partial<RunInfo> = {}): RunInfo => ({
  id: [lab, more.variant, more.stack].filter(Boolean).join(' · '),
  lab,
  file: `labs/${lab}.yaml`,
  title: `What ${lab} decides`,
  topic: lab.split('/')[0]!,
  level: 'must',
  source: ['RFC 4191 section 3.1'],
  kind: 'lab',
  variant: '',
  stack: 'kernel',
  kernel: 'host',
  release: '6.18.44',
  timers: 'fast',
  positions: { '': { line: 1, column: 1 }, web: { line: 30, column: 3 } },
  ...more,
});

export const makeFakePlan = (lab: string, needs: Need[] = []): Plan => ({
  format: 1,
  lab,
  variant: '',
  stack: 'kernel',
  kernel: 'host',
  host: { node: 'host', resolverFile: '/etc/resolv.conf', resolver: 'glibc' },
  timers: 'fast',
  hashSeed: 1,
  builds: [],
  links: [],
  nodes: [],
  daemons: [],
  responders: [],
  steps: [],
  needs,
});

export const makeFakeRun = (lab: string, more: Partial<RunInfo> = {}, needs: Need[] = []): Run => ({
  info: makeInfo(lab, more),
  lab: { title: `What ${lab} decides` } as Lab,
  plan: { ...makeFakePlan(lab, needs), variant: more.variant ?? '' },
});

export const measurementOf = (failure?: Failure, total = 500): Measurement => ({
  timeline: [],
  failure,
  epochMs: 0,
  timing: { total, ready: 100 },
  files: {},
});

/** Measures each lab as its script says: one entry per measurement, the last one for all that follow. */
export function fakeLaboratory(scripts: Record<string, Scripted[]>): Laboratory & { measured: string[] } {
  const measured: string[] = [];
  const latest = new Map<Measurement, Scripted>();
  const nextOf = (lab: string): Scripted => {
    const script = scripts[lab] ?? ['conforms'];
    return script[Math.min(measured.filter((one) => one === lab).length, script.length) - 1] ?? 'conforms';
  };
  return {
    measured,
    measure: async (plan, { signal, onEvent }) => {
      measured.push(plan.lab);
      const scripted = nextOf(plan.lab);
      onEvent?.({ at: 0, kind: 'step', index: 0, title: 'plug in wifi', phase: 'begin' });
      if (scripted === 'bug') throw new Error('no such thing');
      const measurement = measurementOf(typeof scripted === 'object' ? scripted : undefined);
      latest.set(measurement, scripted);
      return signal?.aborted ? measurementOf({ kind: 'evidence', message: 'interrupted' }) : measurement;
    },
    assess: (_run, measurement) => {
      const scripted = latest.get(measurement);
      return scripted ? assessmentOf(scripted) : { verdicts: [], practice: [] };
    },
    store: async () => {},
  };
}

function assessmentOf(scripted: Scripted): ReturnType<Laboratory['assess']> {
  if (typeof scripted === 'object') return { verdicts: [], practice: [] };
  const outcome = scripted === 'changed' ? 'permitted' : (scripted.split(' ')[0] as Outcome);
  const reason = `expected router lte-router, saw ${outcome}: packets 41, 44`;
  const decision = { probe: 'web', sent: true, router: scripted, packets: [41, 44], contradictions: [] };
  const verdict = {
    probe: 'web',
    outcome,
    reason,
    expected: 'router lte-router',
    seen: `router of ${scripted}`,
    decision,
  };
  const states = {
    'deviates recorded': 'as recorded',
    'conforms varying': 'as recorded',
    changed: 'changed',
  } as const;
  const state = scripted in states ? states[scripted as keyof typeof states] : 'not recorded';
  const recorded = state === 'not recorded' ? undefined : 'router wifi-router';
  return {
    verdicts: [verdict],
    practice: [
      {
        probe: 'web',
        state,
        recorded,
        reason: recorded && 'known since Linux 2.6',
        ...(scripted === 'conforms varying' && { varies: 'A hash chooses.' }),
      },
    ],
  };
}

export const suiteOptions = (more: Partial<SuiteOptions> = {}): SuiteOptions => ({
  workers: 2,
  retries: 0,
  repeat: 1,
  signal: new AbortController().signal,
  durations: {},
  folder: 'results/now',
  compareOrders: () => [],
  kernels: [{ name: 'host', release: '6.18.44', how: 'this machine' }],
  practice: [],
  ...more,
});
