import type { Plan } from '../plan/plan.ts';
import { type Measure, unmeasured } from '../testbed/measurement.ts';
import type { Missing } from './needs.ts';

/** Measures, except plans that need what the machine or the stack lacks: they come out unsupported without being built. */
export const measureSupported =
  (measure: Measure, missing: Missing[]): Measure =>
  async (plan, options) => {
    const lacking = missing.filter((one) => needs(plan, one));
    if (lacking.length === 0 && plan.unsupported === undefined) return measure(plan, options);
    const message = [plan.unsupported ?? [], lacking.map((one) => one.message)].flat().join('; ');
    const remedy = lacking.flatMap(({ remedy }) => remedy || []).join(' && ');
    const optional = lacking.every((one) => one.optional);
    return unmeasured({ kind: 'machine', message, remedy, ...(optional && { optional }) });
  };

const needs = (plan: Plan, { kind, name, image }: Missing): boolean =>
  plan.needs.some((need) => need.kind === kind && need.name === name && need.image === image);
