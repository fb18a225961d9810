/** Controls and `change` steps: their paths lead somewhere, the changed lab is a lab, and a control can differ. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { applyChange, missingPart, parsePath } from './change.ts';
import { closest } from './closest.ts';
import { stepsOf } from './parts.ts';
import { isMap, type Path, type Problem, valueAt } from './problem.ts';
import { type Control, type Expectation, type ExpectedDecision, Lab } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { semanticProblems } from './semantics.ts';

export const changeProblems = (lab: Lab): Problem[] => {
  const known = new Set(problemsIn(lab).map(identity));
  return [
    ...(lab.control ?? []).flatMap((control, index) =>
      controlProblems(lab, control, ['control', index], known),
    ),
    ...stepProblems(lab, known),
  ];
};

const problemsIn = (lab: unknown): Problem[] => [
  ...schemaProblems(Lab, lab),
  ...semanticProblems(lab as Lab),
];

const identity = ({ path, message }: Problem): string => JSON.stringify([path, message]);

function controlProblems(lab: Lab, { change, expect }: Control, path: Path, known: Set<string>): Problem[] {
  const place = [...path, 'change'];
  const same = sameExpectation(lab, expect, path);
  const { changed, deadEnds } = followPaths(lab, change, place);
  if (deadEnds.length > 0) return [...deadEnds, ...same];
  if (isDeepStrictEqual(changed, lab))
    return [{ path: place, atKey: true, message: 'the control changes nothing' }];
  const problems = newProblems({ ...(changed as Lab), expect, control: undefined }, known);
  const mapped = problems.map((problem) =>
    problem.path[0] === 'expect'
      ? { ...problem, path: [...path, ...problem.path] }
      : placed(problem, change, place),
  );
  return [...mapped, ...same];
}

/** A change step is followed by the next: each changes what the one before left. */
function stepProblems(lab: Lab, known: Set<string>): Problem[] {
  let current: unknown = lab;
  return stepsOf(lab).flatMap(({ step: { change }, path }) => {
    if (!change) return [];
    const place = [...path, 'change'];
    const { changed, deadEnds } = followPaths(current, change, place);
    if (deadEnds.length > 0) return deadEnds;
    const problems = newProblems(changed, known).map((problem) => placed(problem, change, place));
    if (problems.length === 0) current = changed;
    return problems;
  });
}

const newProblems = (lab: unknown, known: Set<string>): Problem[] => {
  const formal = schemaProblems(Lab, lab).filter((problem) => !known.has(identity(problem)));
  if (formal.length > 0) return formal;
  return semanticProblems(lab as Lab).filter((problem) => !known.has(identity(problem)));
};

/** The problem of a changed lab, at the change that made it: at what it brought in, or at its path. */
function placed(problem: Problem, change: Record<string, unknown>, place: Path): Problem {
  const texts = Object.keys(change);
  const cause =
    texts.find((text) =>
      parsePath(text)!.every((key, index) => key === String(problem.path[index] ?? key)),
    ) ?? texts[0]!;
  const inside = problem.path.slice(parsePath(cause)!.length);
  const brought = inside.length > 0 && valueAt(change[cause], inside) !== undefined;
  return {
    ...problem,
    path: brought ? [...place, cause, ...inside] : [...place, cause],
    atKey: brought ? problem.atKey : true,
    message: `changed so, the lab is wrong: ${problem.message}`,
  };
}

/** The changes one after the other, as far as their paths lead somewhere. */
function followPaths(lab: unknown, change: Record<string, unknown>, place: Path) {
  let changed = lab;
  const deadEnds = Object.entries(change).flatMap(([text, value]) => {
    const problem = pathProblem(changed, text, place);
    if (!problem) changed = applyChange(changed, { [text]: value });
    return problem ?? [];
  });
  return { changed, deadEnds };
}

function pathProblem(lab: unknown, text: string, place: Path): Problem | undefined {
  const path = parsePath(text);
  const here = { path: [...place, text], atKey: true };
  if (!path)
    return { ...here, message: `${text} is no path`, expected: 'nodes.lte-router.ra.lte.preference' };
  const missing = missingPart(lab, path);
  if (!missing) return undefined;
  const container = valueAt(lab, missing.slice(0, -1));
  const candidates = isMap(container) || Array.isArray(container) ? Object.keys(container) : [];
  const near = closest(missing.at(-1)!, candidates);
  return {
    ...here,
    message: `${missing.join('.')} does not exist`,
    expected: candidates.length > 0 ? `one of ${candidates.join(', ')}` : undefined,
    suggestion: near && [...missing.slice(0, -1), near].join('.'),
    about: path,
  };
}

/** Where a decision that the lab expects is one that the control expects too, that outcome does not tell them apart. */
function sameExpectation(lab: Lab, expect: Control['expect'], path: Path): Problem[] {
  const here = { path: [...path, 'expect'], atKey: true };
  const entries = Object.entries(expect);
  if (entries.length === 0) return [{ ...here, message: 'the control expects nothing' }];
  const same = entries.every(([probe, expectation]) =>
    optionsOf(expectation).some((wanted) =>
      optionsOf(lab.expect[probe] ?? {}).some((expected) => implies(expected, wanted)),
    ),
  );
  return same ? [{ ...here, message: 'the control expects what the lab expects, so it cannot differ' }] : [];
}

const optionsOf = (expectation: Expectation): ExpectedDecision[] =>
  'one-of' in expectation ? expectation['one-of'] : [expectation];

/** Whether whatever is the one decision is the other. */
const implies = (one: ExpectedDecision, other: ExpectedDecision): boolean =>
  Object.entries(other).every(([key, value]) => isDeepStrictEqual(value, one[key as keyof ExpectedDecision]));
