/** Everything that is wrong with a lab, form and meaning, at once. Pure. */
import { asFarAsValid } from './as-far-as-valid.ts';
import { changeProblems } from './changes.ts';
import { isMap, type Problem, valueAt } from './problem.ts';
import { Lab } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { semanticProblems } from './semantics.ts';

/** @returns the lab where nothing is wrong, otherwise what is */
export function checkLab(data: unknown): { lab?: Lab; problems: Problem[] } {
  const formal = schemaProblems(Lab, data);
  const lab = formal.length === 0 ? (data as Lab) : asFarAsValid(data);
  if (!lab) return { problems: formal };
  const broken = brokenNames(data, formal, lab);
  const meaning = [...semanticProblems(lab), ...changeProblems(lab)].filter(
    ({ about = [] }) => !about.some((name) => broken.has(name)),
  );
  const problems = [...formal, ...meaning];
  return problems.length === 0 ? { lab, problems } : { problems };
}

/** Names of networks, nodes and probes in which something is wrong: what rests on them cannot be judged. */
function brokenNames(data: unknown, problems: Problem[], valid: Lab): Set<string> {
  const names = new Set<string>(someNodeIsLost(data, valid) ? ['nodes'] : []);
  for (const { path } of problems) {
    const [part, name, kind, probe] = path;
    if (part === 'networks' || part === 'nodes' || part === 'expect') names.add(String(name));
    if (kind === 'probe') names.add(String(probe));
    if (part === 'experiment') for (const key of keysWithin(valueAt(data, path))) names.add(key);
  }
  return names;
}

const someNodeIsLost = (data: unknown, valid: Lab): boolean =>
  Object.keys(valueAt(data, ['nodes']) as object).length > Object.keys(valid.nodes).length;

const keysWithin = (value: unknown): string[] =>
  isMap(value) ? Object.entries(value).flatMap(([key, inner]) => [key, ...keysWithin(inner)]) : [];
