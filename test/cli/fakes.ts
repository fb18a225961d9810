/** The parts of miflab without networks, a folder of labs for them, and a terminal that remembers. */
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { Parts } from '../../src/cli/parts.ts';
import type { Lab } from '../../src/lab/schema.ts';
import type { Need } from '../../src/plan/plan.ts';
import type { Machine } from '../../src/suite/needs.ts';
import { fakeLaboratory, makeFakePlan, type Scripted } from '../suite/fakes.ts';

const wholeMachine: Machine = {
  user: 'ada',
  hasProgram: () => true,
  hasHeader: () => true,
  hasModule: () => true,
  hasIdRange: () => true,
  refusesSandbox: async () => undefined,
  lackingFeatures: async () => [],
  lackingImage: async () => undefined,
  lackingContainer: async () => undefined,
};

/** What a lab file of these tests says, as JSON: how its measurements come out, and what it needs. */
export interface FakeLab {
  scripts: Scripted[];
  controls?: number;
  needs?: Need[];
  stack?: string;
}

const projectFolder = process.cwd();

type FakeParts = Parts & { measured: string[] };

function fakeParts(scripts: Record<string, Scripted[]>, machine: Partial<Machine> = {}): FakeParts {
  const laboratory = fakeLaboratory(scripts);
  return {
    readLab: async (file) => {
      const text = readFileSync(file, 'utf8');
      return text.startsWith('{')
        ? { lab: labOf(JSON.parse(text) as FakeLab, file), positionOf: () => ({ line: 3, column: 1 }) }
        : { mistakes: `${file}:1:1: this is no lab` };
    },
    stacks: ['kernel', 'networkd'],
    userLands: () => ['bookworm', 'trixie'],
    machine: { ...wholeMachine, ...machine },
    wholeStackName: (name) => name,
    variantsOf: ({ lab }) => [
      { kind: 'lab', name: '', lab, steps: [], expectAt: ['expect'] },
      ...(lab.control ?? []).map((_, index) => ({
        kind: 'control' as const,
        name: `control ${index + 1}`,
        lab,
        steps: [],
        expectAt: ['control', index, 'expect'],
      })),
    ],
    planOf: ({ name, lab }, variant, stack, timers) => ({
      ...makeFakePlan(name, lab.needs as unknown as Need[]),
      variant: variant.name,
      stack,
      timers,
    }),
    laboratory,
    practiceOf: () => ({ practice: {}, own: {}, exact: true }),
    virtualTimeKernel: () => undefined,
    kernelsThere: () => [],
    kernelVersion: async (name) => name,
    buildKernel: async (tree) => tree,
    openKernel: async (name: string) => {
      throw new Error(`no kernel ${name}`);
    },
    openHostKernel: async (name: string) => {
      throw new Error(`no kernel ${name}`);
    },
    compareOrders: () => [],
    measured: laboratory.measured,
  };
}

const labOf = ({ controls = 0, needs = [], stack }: FakeLab, file: string): Lab =>
  ({
    title: `What ${file} decides`,
    topic: 'dns',
    level: 'must',
    source: 'RFC 8106',
    stack,
    expect: { web: {} },
    control: Array.from({ length: controls }, () => ({})),
    needs,
  }) as unknown as Lab;

/** Works in a folder that has these labs below labs/, and returns their parts. */
export function inFolderOf(
  t: Test,
  labs: Record<string, FakeLab | string>,
  machine: Partial<Machine> = {},
): FakeParts {
  const texts = Object.entries(labs).map(([name, lab]) => [
    `${name}.yaml`,
    typeof lab === 'string' ? lab : JSON.stringify(lab),
  ]);
  process.chdir(projectFolder);
  process.chdir(t.testdir({ labs: Object.fromEntries(texts) }));
  t.teardown(() => process.chdir(projectFolder));
  const scripted = Object.entries(labs).flatMap(([name, lab]) =>
    typeof lab === 'string' ? [] : [[name, lab.scripts]],
  );
  return fakeParts(Object.fromEntries(scripted), machine);
}

/** What is written while something runs, instead of to the test's own output. */
export async function written<T>(
  t: Test,
  during: () => Promise<T>,
): Promise<{ stdout: string; stderr: string; result: T }> {
  const text = { stdout: '', stderr: '' };
  const captures = (['stdout', 'stderr'] as const).map((name) =>
    t.capture(process[name], 'write', (chunk: string) => {
      text[name] += chunk;
      return true;
    }),
  );
  try {
    const result = await during();
    return { ...text, result };
  } finally {
    for (const capture of captures) capture.restore();
  }
}
