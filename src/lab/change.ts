/** Changes of a lab, as controls and `change` steps say them: path to value. Pure. */
import { isMap, valueAt } from './problem.ts';

/** A part between dots, or a quoted one in brackets, for keys that have dots themselves. */
const PART = /(?:^|(?<!^)\.)([^.[\]"]+)|\["([^"]*)"\]/y;

/**
 * The parts of a path: nodes.host.sysctls["net.ipv4.ip_forward"] has four. Undefined where the text is no path.
 */
export function parsePath(text: string): string[] | undefined {
  const parts: string[] = [];
  PART.lastIndex = 0;
  while (PART.lastIndex < text.length) {
    const match = PART.exec(text);
    if (!match) return undefined;
    parts.push(match[1] ?? match[2]!);
  }
  return parts.length > 0 ? parts : undefined;
}

/**
 * A merge patch (RFC 7396): maps are merged, null removes, anything else replaces. Changes neither argument.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const merged = new Map(Object.entries(isMap(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

/**
 * The part of a path that does not exist: all but the last must, and that too where it stands in a list.
 * Undefined where the path leads somewhere.
 */
export function missingPart(lab: unknown, path: string[]): string[] | undefined {
  const length = path.findIndex((key, index) => {
    const container = valueAt(lab, path.slice(0, index));
    if (Array.isArray(container)) return !/^\d+$/.test(key) || !Object.hasOwn(container, key);
    const last = index === path.length - 1;
    return !isMap(container) || (!last && !Object.hasOwn(container, key));
  });
  return length < 0 ? undefined : path.slice(0, length + 1);
}

/**
 * A lab with the values at these paths changed, one after the other; the lab itself stays as it is. A value is
 * merged into what stands there (RFC 7396): maps are merged, null removes, lists are replaced. The order of keys
 * stays, since addresses are given out in that order.
 *
 * @throws RangeError where a path leads nowhere
 */
export function applyChange(lab: unknown, change: Record<string, unknown>): unknown {
  return Object.entries(change).reduce((changed, [text, value]) => {
    const path = parsePath(text);
    if (!path) throw new RangeError(`${text} is no path`);
    const missing = missingPart(changed, path);
    if (missing) throw new RangeError(`${missing.join('.')} does not exist`);
    return changeAt(changed, path, value);
  }, lab);
}

function changeAt(target: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return mergePatch(target, value);
  const removed = rest.length === 0 && value === null;
  if (Array.isArray(target)) {
    const index = Number(key);
    return removed ? target.toSpliced(index, 1) : target.with(index, changeAt(target[index], rest, value));
  }
  const entries = new Map(Object.entries(target as Record<string, unknown>));
  if (removed) entries.delete(key);
  else entries.set(key, changeAt(entries.get(key), rest, value));
  return Object.fromEntries(entries);
}
