/** A lab in a few lines, run through the whole line: read, planned, built, measured, decided. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { decide } from '../../src/decision/decide.ts';
import type { Decision } from '../../src/decision/decision.ts';
import type { TimelineEvent } from '../../src/evidence/timeline.ts';
import { readLab } from '../../src/lab/reader.ts';
import { variantsOf } from '../../src/lab/variants.ts';
import { makePlan } from '../../src/plan/make-plan.ts';
import type { Plan } from '../../src/plan/plan.ts';
import { measure } from '../../src/testbed/measure.ts';
import type { Failure } from '../../src/verdict/verdict.ts';

export interface LabRun {
  plan: Plan;
  timeline: TimelineEvent[];
  /** By the name of the probe. */
  decisions: Record<string, Decision>;
  failure?: Failure;
}

const HEAD = 'title: a test\ntopic: field\nsource: RFC 8028\nlevel: none\nexpect: {}\n';

/** The plan of each order of a lab; of most labs there is one. What a lab file must have besides is added. */
export const planLabs = (text: string, stack = 'kernel'): Plan[] => {
  const { lab, diagnostics } = readLab(HEAD + text, 'test.yaml');
  if (!lab) throw new Error(JSON.stringify(diagnostics, undefined, 1));
  return variantsOf(lab.lab).map((variant) =>
    makePlan(variant.lab, {
      lab: 'test',
      variant: variant.name,
      stack,
      timers: 'fast',
      positionOf: (path) => lab.positionOf(path[0] === 'experiment' ? variant.steps[Number(path[1])]! : path),
    }),
  );
};

export const runPlan = async (plan: Plan): Promise<LabRun> => {
  if (!existsSync('dist/lab-process.js')) await execa('node', ['scripts/build.mjs']);
  const { timeline, failure } = await measure(plan, {});
  const decisions = decide(plan, timeline);
  return {
    plan,
    timeline,
    decisions: Object.fromEntries(decisions.map((decision) => [decision.probe, decision])),
    failure,
  };
};

/** The decisions of a lab without orders; what keeps it from being measured is thrown. */
export const runLab = async (text: string, stack?: string): Promise<LabRun> => {
  const run = await runPlan(planLabs(text, stack)[0]!);
  if (run.failure) throw new Error(JSON.stringify(run.failure, undefined, 1));
  return run;
};
