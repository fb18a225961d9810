/** Expectations must be able to fail, and ask for what their probe can tell. Pure. */
import { type PlacedProbe, probesOf } from '../parts.ts';
import type { Path, Problem } from '../problem.ts';
import type { Expectation, ExpectedDecision, Lab, Probe } from '../schema.ts';

/** What only some probes can tell. */
const told: { keys: (keyof ExpectedDecision)[]; by: (keyof Probe)[] }[] = [
  { keys: ['order', 'first'], by: ['resolve', 'fetch'] },
  { keys: ['servers', 'asked', 'transports'], by: ['query', 'resolve', 'reverse', 'fetch'] },
  { keys: ['names'], by: ['reverse'] },
  { keys: ['fallback'], by: ['query', 'resolve', 'reverse', 'fetch'] },
  { keys: ['candidates', 'unique-priorities', 'missing'], by: ['ice'] },
  { keys: ['reply'], by: ['inbound'] },
  { keys: ['routers', 'links', 'sources'], by: ['destinations', 'again', 'ice'] },
  { keys: ['outage'], by: ['until'] },
];

export const expectationProblems = (lab: Lab): Problem[] => [
  ...nothingExpected(lab),
  ...Object.entries(lab.expect).flatMap(([name, expectation]) => {
    const probe = probesOf(lab).find((placed) => placed.name === name);
    return decisionsOf(expectation, ['expect', name]).flatMap(({ decision, path }) => [
      ...emptyProblems(decision, path, name),
      ...(probe ? untoldProblems(decision, path, probe) : []),
    ]);
  }),
];

const nothingExpected = (lab: Lab): Problem[] =>
  Object.keys(lab.expect).length === 0 && lab.level !== 'none'
    ? [
        {
          path: ['expect'],
          atKey: true,
          message: `a lab of level ${lab.level} expects a decision`,
          expected: 'PROBE: { router: NODE, link: LINK }',
        },
      ]
    : [];

const decisionsOf = (expectation: Expectation, path: Path): { decision: ExpectedDecision; path: Path }[] =>
  'one-of' in expectation
    ? expectation['one-of'].map((decision, index) => ({ decision, path: [...path, 'one-of', index] }))
    : [{ decision: expectation, path }];

const emptyProblems = (decision: ExpectedDecision, path: Path, name: string): Problem[] =>
  Object.keys(decision).length === 0
    ? [
        {
          path,
          message: 'an expectation that cannot fail',
          expected: 'at least one of router, link, source, …',
          about: [name],
        },
      ]
    : [];

const untoldProblems = (decision: ExpectedDecision, path: Path, { name, probe }: PlacedProbe): Problem[] =>
  told
    .filter(({ by }) => !by.some((key) => probe[key] !== undefined))
    .flatMap(({ keys, by }) =>
      keys
        .filter((key) => decision[key] !== undefined)
        .map((key) => ({
          path: [...path, key],
          atKey: true,
          message: `probe ${name} cannot tell ${key}`,
          expected: `a probe with ${by.join(' or ')}`,
          about: [name],
        })),
    );
