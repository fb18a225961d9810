/** Controls and `change` steps: their paths lead somewhere, the changed lab is a lab, and a control can differ. Pure. */
import { isDeepStrictEqual } from 'node:util';
import { applyChange, missingPart, parsePath } from './change.ts';
import { closest } from './closest.ts';
import { stepsOf } from './parts.ts';
import { isMap, type Path, type Problem, valueAt } from './problem.ts';
import { type Control, Lab } from './schema.ts';
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
  const deadEnds = pathProblems(lab, change, place);
  if (deadEnds.length > 0) return [...deadEnds, ...sameExpectation(lab, expect, path)];
  const changed = applyChange(lab, change) as Lab;
  if (isDeepStrictEqual(changed, lab))
    return [{ path: place, atKey: true, message: 'the control changes nothing' }];
  return [
    ...newProblems({ ...changed, expect, control: undefined }, known).map((problem) =>
      problem.path[0] === 'expect'
        ? { ...problem, path: [...path, ...problem.path] }
        : placed(problem, change, place),
    ),
    ...sameExpectation(lab, expect, path),
  ];
}

/** A change step is followed by the next: each changes what the one before left. */
function stepProblems(lab: Lab, known: Set<string>): Problem[] {
  let current: unknown = lab;
  return stepsOf(lab).flatMap(({ step, path }) => {
    if (!step.change) return [];
    const place = [...path, 'change'];
    const deadEnds = pathProblems(current, step.change, place);
    if (deadEnds.length > 0) return deadEnds;
    const changed = applyChange(current, step.change);
    const problems = newProblems(changed, known).map((problem) => placed(problem, step.change!, place));
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

function pathProblems(lab: unknown, change: Record<string, unknown>, place: Path): Problem[] {
  return Object.keys(change).flatMap((text): Problem[] => {
    const path = parsePath(text);
    const here = { path: [...place, text], atKey: true };
    if (!path)
      return [{ ...here, message: `${text} is no path`, expected: 'nodes.lte-router.ra.lte.preference' }];
    const missing = missingPart(lab, path);
    if (!missing) return [];
    const container = valueAt(lab, missing.slice(0, -1));
    const candidates = isMap(container) || Array.isArray(container) ? Object.keys(container) : [];
    const near = closest(missing.at(-1)!, candidates);
    return [
      {
        ...here,
        message: `${missing.join('.')} does not exist`,
        expected: candidates.length > 0 ? `one of ${candidates.join(', ')}` : undefined,
        suggestion: near && [...missing.slice(0, -1), near].join('.'),
        about: path,
      },
    ];
  });
}

/** Where every decision that the control expects is one that the lab expects too, no outcome tells them apart. */
function sameExpectation(lab: Lab, expect: Control['expect'], path: Path): Problem[] {
  const entries = Object.entries(expect);
  const here = { path: [...path, 'expect'], atKey: true };
  if (entries.length === 0) return [{ ...here, message: 'the control expects nothing' }];
  const same = entries.every(([probe, decision]) =>
    Object.entries(decision).every(([key, value]) =>
      isDeepStrictEqual(value, valueAt(lab.expect, [probe, key])),
    ),
  );
  return same ? [{ ...here, message: 'the control expects what the lab expects, so it cannot differ' }] : [];
}
