import type { Impairment } from '../lab/schema.ts';
import { milliseconds } from './addresses.ts';
import type { PlannedImpairment } from './plan.ts';

export const plannedImpairment = ({ loss, rate, delay }: Impairment): PlannedImpairment => ({
  loss,
  rate,
  delay: delay === undefined ? undefined : milliseconds(delay),
});
