import type { PlannedStep } from '../plan/plan.ts';
import { ipLines } from '../testbed/build.ts';
import { EvidenceFault } from '../testbed/faults.ts';
import type { RunningLab } from '../testbed/lab.ts';
import { FABRIC } from '../testbed/places.ts';
import { until } from '../testbed/recorder.ts';

/** Longer than a host takes to notice; reached only by a hang. */
const NOTICED_MS = 60_000;

/** Gives or takes carrier at the far end of the host's links, and waits until the host has noticed. */
export const setCarrier = async (
  lab: RunningLab,
  { interfaces, up }: Extract<PlannedStep, { kind: 'carrier' }>,
): Promise<void> => {
  await ipLines(
    FABRIC,
    interfaces.map(({ port }) => `link set dev ${port} ${up ? 'up' : 'down'}`),
  );
  const noticed = () => interfaces.every(({ name }) => lab.host.hasNoticed(name, up));
  if (!(await until(lab.recorder, { ms: NOTICED_MS }, () => noticed() || undefined)))
    throw new EvidenceFault(
      `the host did not notice that ${interfaces.map(({ name }) => name).join(', ')} ${up ? 'has' : 'has no'} carrier`,
    );
};
