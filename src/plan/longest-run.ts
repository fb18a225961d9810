/** How long a lab may take at most: what it states that it waits for, and far more around it than a slow machine needs. Pure. */
import type { Plan, PlannedStep } from './plan.ts';

/** Labs take seconds; on an emulated processor that is shared by eight a minute or two. */
const AROUND_MS = 30 * 60_000;
/** Packets of a probe that is under way extend its deadline. */
const EXTENDED = 4;

/** In milliseconds; reached only by a lab that never ends. */
export const longestRun = ({ steps, daemons }: Plan): number => {
  const waits = [...steps.map(waitOf), ...daemons.map(({ ready }) => ready.withinMs)];
  return AROUND_MS + EXTENDED * waits.reduce((sum, ms) => sum + ms, 0);
};

const waitOf = (step: PlannedStep): number => {
  switch (step.kind) {
    case 'wait':
      return step.withinMs;
    case 'after':
      return step.ms;
    case 'reconfigure':
      return step.daemon.ready.withinMs;
    case 'probe': {
      const { question, withinMs } = step.probe;
      return withinMs * ('destinations' in question ? question.destinations.length + 1 : 1);
    }
    default:
      return 0;
  }
};
