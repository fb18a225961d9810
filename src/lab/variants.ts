/** The runs that a lab stands for: itself or each of its orders, and its controls. Pure. */
import { applyChange } from './change.ts';
import type { Path } from './problem.ts';
import type { LoadedLab } from './reader.ts';
import { Lab, type Step } from './schema.ts';

export interface Variant {
  /** '' for the lab itself, 'order wifi, lte' for one of its orders. */
  name: string;
  /** Without any-order. */
  lab: Lab;
  /** For each step of this lab its place in the file's. */
  steps: Path[];
}

export interface ControlVariant extends Variant {
  title?: string;
  expect: Lab['expect'];
  /** Where the control stands in the file. */
  position: { line: number; column: number };
}

interface PlacedStep {
  step: Step;
  path: Path;
}

/** One way to run a step: the steps it becomes, and the order's name where there is a choice. */
interface Alternative {
  name: string;
  steps: PlacedStep[];
}

/** Every order of the lab, in the order of the file; a lab without any-order is its only variant. */
export const variantsOf = (lab: Lab): Variant[] =>
  alternativesOf(lab.experiment, ['experiment']).map(({ name, steps }) => ({
    name: name && `order ${name}`,
    lab: { ...lab, experiment: steps.map(({ step }) => step) },
    steps: steps.map(({ path }) => path),
  }));

/** How many orders a lab has, counted without making them. */
export const ordersOf = (lab: Lab): number => countOrders(lab.experiment);

/**
 * The lab with each of its controls' changes, ready to run: with an any-order lab the first order.
 * The reader has checked them.
 */
export const controlsOf = ({ lab, positionOf }: Pick<LoadedLab, 'lab' | 'positionOf'>): ControlVariant[] =>
  (lab.control ?? []).map(({ title, change, expect }, index) => {
    const changed = Lab.parse({ ...(applyChange(lab, change) as Lab), expect, control: undefined });
    const [first] = variantsOf(changed);
    return {
      ...first!,
      name: `control ${index + 1}`,
      title,
      expect,
      position: positionOf(['control', index]),
    };
  });

const alternativesOf = (steps: Step[], path: Path): Alternative[] =>
  inSequence(steps.map((step, index) => alternativesOfStep({ step, path: [...path, index] })));

function alternativesOfStep({ step, path }: PlacedStep): Alternative[] {
  const plugIn = step['plug-in'];
  if (plugIn && !Array.isArray(plugIn)) {
    return permutations(plugIn['any-order']).map((links) => ({
      name: links.join(', '),
      steps: oneByOne(links).map((step) => ({ step, path })),
    }));
  }
  const inner = step['any-order'];
  if (!inner) return [{ name: '', steps: [{ step, path }] }];
  const titles = titlesOf(inner);
  return permutations(inner.map((_, index) => index)).flatMap((order) =>
    inSequence(
      order.map((index) => alternativesOfStep({ step: inner[index]!, path: [...path, 'any-order', index] })),
      order.map((index) => titles[index]).join(', '),
    ),
  );
}

/**
 * In an order that is to be measured, what one link offers has arrived before the next is plugged in: the
 * advertisements of two routers would race otherwise, and the order of the plugs would decide nothing.
 */
const oneByOne = (links: string[]): Step[] =>
  links.flatMap((link, index): Step[] =>
    index === 0 ? [{ 'plug-in': [link] }] : [{ settle: true }, { 'plug-in': [link] }],
  );

/** One after the other, whatever is chosen for each. */
const inSequence = (parts: Alternative[][], name = ''): Alternative[] =>
  parts.reduce(
    (before, after) => before.flatMap((one) => after.map((other) => joined(one, other))),
    [{ name, steps: [] }],
  );

const joined = (one: Alternative, other: Alternative): Alternative => ({
  name: [one.name, other.name].filter(Boolean).join('; '),
  steps: [...one.steps, ...other.steps],
});

/** Titles that tell steps apart: those of one title get their number. */
const titlesOf = (steps: Step[]): string[] => {
  const titles = steps.map(titleOf);
  return titles.map((title, index) =>
    titles.indexOf(title) === titles.lastIndexOf(title) ? title : `${title} (${index + 1})`,
  );
};

/** A few words for a step: 'unplug wifi'. */
const titleOf = (step: Step): string => {
  if (step.send) return sendTitle(step.send);
  const [[kind, value] = ['', undefined]] = Object.entries(step);
  const subjects = Array.isArray(value)
    ? value
    : typeof value === 'object' && value
      ? Object.keys(value)
      : [];
  return [kind, ...subjects].join(' ');
};

const sendTitle = ({ node, link: _, ...message }: NonNullable<Step['send']>): string =>
  `${Object.keys(message)[0]} of ${node}`;

const permutations = <T>(items: T[]): T[][] =>
  items.length <= 1
    ? [items]
    : items.flatMap((item, index) => permutations(items.toSpliced(index, 1)).map((rest) => [item, ...rest]));

const countOrders = (steps: Step[]): number =>
  steps
    .map((step) => {
      const plugIn = step['plug-in'];
      if (plugIn && !Array.isArray(plugIn)) return factorial(plugIn['any-order'].length);
      const inner = step['any-order'];
      return inner ? factorial(inner.length) * countOrders(inner) : 1;
    })
    .reduce((product, count) => product * count, 1);

const factorial = (n: number): number => (n <= 1 ? 1 : n * factorial(n - 1));
