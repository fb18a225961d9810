/** The real parts of miflab, tied together. */
import { readFileSync } from 'node:fs';
import { storeEvidence } from '../evidence/store.ts';
import { buildKernel } from '../guests/build-kernel.ts';
import { openHostKernel } from '../guests/host-kernel.ts';
import { openKernel } from '../guests/kernel.ts';
import { findKernel, kernelsThere } from '../guests/kernel-names.ts';
import { latestUml } from '../guests/kernel-store.ts';
import { versionNamed } from '../guests/kernel-version.ts';
import { defaultImage } from '../images/default-image.ts';
import { builtImages } from '../images/store.ts';
import { printDiagnostics } from '../lab/diagnostics.ts';
import { readLabFile } from '../lab/files.ts';
import type { Path } from '../lab/problem.ts';
import { controlsOf, variantsOf } from '../lab/variants.ts';
import { makePlan } from '../plan/make-plan.ts';
import { PlanMistake } from '../plan/plan-mistake.ts';
import { stackNamed, stackNames, stackParts } from '../stacks/index.ts';
import { makeAssess } from '../suite/assess.ts';
import { findOrderDependence } from '../suite/compare-orders.ts';
import { thisMachine } from '../suite/machine.ts';
import type { LoadedLab, Variant } from '../suite/make-runs.ts';
import { readPracticeOf, type StackPractice } from '../suite/practice-files.ts';
import { measure } from '../testbed/measure.ts';
import type { Verdict } from '../verdict/verdict.ts';
import { onErrorOutput } from './error-output.ts';
import type { Parts, ReadLab } from './parts.ts';
import { LabMistakes } from './usage-error.ts';

const practices = new Map<string, StackPractice>();

export const parts: Parts = {
  readLab,
  stacks: stackNames,
  userLands: () => builtImages().map(({ name }) => name),
  wholeStackName: (name) =>
    stackNamed(name).needsUserLand && !stackParts(name).image ? `${name}@${defaultImage()}` : name,
  machine: thisMachine,
  variantsOf: runsOf,
  planOf: ({ name, file, positionOf }, { name: variant, lab, steps }, stack, timers) => {
    const placeOf = (path: Path) => positionOf(inFile(path, steps));
    try {
      return makePlan(lab, { lab: name, variant, stack, timers, positionOf: placeOf });
    } catch (error) {
      if (!(error instanceof PlanMistake)) throw error;
      const { message, path } = error;
      const text = readFileSync(file, 'utf8');
      throw new LabMistakes([printDiagnostics([{ file, message, ...placeOf(path) }], text, onErrorOutput())]);
    }
  },
  laboratory: {
    measure,
    assess: makeAssess((stack, release) => practiceOf(stack, release).practice),
    store: (folder, { plan }, measurement, verdicts) =>
      storeEvidence(folder, plan, measurement, packetComments(verdicts)),
  },
  openKernel: async (name, modules) => openKernel(await findKernel(name, modules)),
  openHostKernel: async (name, modules) => openHostKernel(await findKernel(name, modules)),
  kernelsThere,
  kernelVersion: versionNamed,
  buildKernel: async (source) =>
    (await buildKernel({ kind: 'uml', source, onLine: (line) => process.stderr.write(`${line}\n`) })).name,
  virtualTimeKernel: () => latestUml()?.name,
  practiceOf,
  compareOrders: findOrderDependence,
};

/** Read once: every run of a suite is compared with it. */
function practiceOf(stack: string, release: string): StackPractice {
  const key = `${stack} ${release}`;
  const known = practices.get(key) ?? readPracticeOf(stack, release);
  practices.set(key, known);
  return known;
}

/** Which probe a packet shows the decision of, for the reader of the capture. */
const packetComments = (verdicts: Verdict[]): Map<number, string> =>
  new Map(
    verdicts.flatMap(({ probe, decision }) =>
      (decision?.packets ?? []).map((number) => [number, `probe ${probe}`] as const),
    ),
  );

async function readLab(file: string): Promise<ReadLab> {
  const { lab, diagnostics, text } = await readLabFile(file);
  return lab ?? { mistakes: printDiagnostics(diagnostics, text, onErrorOutput()) };
}

/** The lab itself or each of its orders, and its controls. */
function runsOf(loaded: Pick<LoadedLab, 'lab' | 'positionOf'>): Variant[] {
  const orders = variantsOf(loaded.lab).map(({ name, lab, steps }): Variant => {
    return { kind: name ? 'order' : 'lab', name, lab, steps, expectAt: ['expect'] };
  });
  const controls = controlsOf(loaded).map(({ name, lab, steps }, index): Variant => {
    return { kind: 'control', name, lab, steps, expectAt: ['control', index, 'expect'] };
  });
  return [...orders, ...controls];
}

/** A step of one order stands elsewhere in the file than in the order. */
function inFile(path: Path, steps: Path[]): Path {
  const [first, index, ...rest] = path;
  const step = first === 'experiment' ? steps[Number(index)] : undefined;
  return step ? [...step, ...rest] : path;
}
