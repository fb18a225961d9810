/** The part of a lab that a schema accepts, so that its meaning is checked although something in it is wrong. */
import { z } from 'zod';
import { isMap, type Path, valueAt } from './problem.ts';
import { Lab } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { isOptional, required, schemaAt } from './schema-tree.ts';

/** What is wrong in a whole may be wrong in its rest again: a node whose misspelt role is gone has none. */
const ROUNDS = 3;

/**
 * A copy without what is wrong. Paths stay what they are: a list with a wrong item goes as a whole, and a wrong
 * step becomes a step that does nothing. Undefined where too little is left to have a meaning.
 */
export function asFarAsValid(data: unknown): Lab | undefined {
  if (!isMap(data)) return undefined;
  const copy = structuredClone(data);
  for (let round = 0; round < ROUNDS; round++) {
    for (const { path } of schemaProblems(Lab, copy)) remove(copy, path);
  }
  const whole =
    ['networks', 'nodes', 'expect'].every((key) => isMap(copy[key])) && Array.isArray(copy.experiment);
  return whole ? (copy as Lab) : undefined;
}

function remove(lab: Record<string, unknown>, path: Path): void {
  if (path.length === 0) return;
  const parents = path.slice(0, -1);
  const key = path.at(-1)!;
  const parent = valueAt(lab, parents);
  if (parent === lab.experiment && Array.isArray(parent)) {
    parent[Number(key)] = {};
  } else if (isMap(parent) && mayGo(lab, path)) {
    delete parent[key];
  } else if (parent !== undefined) {
    remove(lab, parents);
  }
}

/** Keys of records, keys that may be left out, and keys that nobody knows. */
function mayGo(lab: unknown, path: Path): boolean {
  const parent = schemaAt(Lab, lab, path.slice(0, -1));
  if (parent && required(parent) instanceof z.ZodRecord) return true;
  const schema = schemaAt(Lab, lab, path);
  return schema === undefined || isOptional(schema);
}
