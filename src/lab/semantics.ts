/**
 * What a schema cannot say: names that name nothing, networks that overlap, probes to nobody, controls that cannot
 * come out differently. Each check is a pure function from a lab to problems.
 */
import type { Problem } from './problem.ts';
import { unknownNames } from './references.ts';
import type { Lab } from './schema.ts';
import { expectationProblems } from './semantics/expectations.ts';
import { experimentProblems } from './semantics/experiment.ts';
import { networkProblems } from './semantics/networks.ts';
import { nodeProblems } from './semantics/nodes.ts';
import { placeholderProblems } from './semantics/placeholders.ts';
import { serviceProblems } from './semantics/services.ts';

const checks = [
  networkProblems,
  nodeProblems,
  serviceProblems,
  experimentProblems,
  expectationProblems,
  unknownNames,
  placeholderProblems,
];

/** Everything that is wrong with the meaning of a lab whose form is right; its controls and changes are in changes.ts. */
export const semanticProblems = (lab: Lab): Problem[] => checks.flatMap((check) => check(lab));
