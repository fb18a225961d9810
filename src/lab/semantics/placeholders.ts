/** `${NODE.LINK.ipv6}` in raw texts stands for an address: it must lead to one. Pure. */
import { closest } from '../closest.ts';
import { hasAddress, linksOf } from '../parts.ts';
import { isMap, type Path, type Problem } from '../problem.ts';
import type { Lab } from '../schema.ts';

const PLACEHOLDER = /\$\{([a-z0-9-]+)\.([a-z0-9-]+)(?:\.(ipv4|ipv6|link-local|mac))?\}/g;

export const placeholderProblems = (lab: Lab): Problem[] => [
  ...problemsIn(lab.nodes, ['nodes'], lab),
  ...problemsIn(lab.experiment, ['experiment'], lab),
];

function problemsIn(value: unknown, path: Path, lab: Lab): Problem[] {
  if (typeof value === 'string')
    return [...value.matchAll(PLACEHOLDER)].flatMap((match) => problemOf(match, path, lab) ?? []);
  if (Array.isArray(value)) return value.flatMap((item, index) => problemsIn(item, [...path, index], lab));
  if (isMap(value))
    return Object.entries(value).flatMap(([key, item]) => problemsIn(item, [...path, key], lab));
  return [];
}

function problemOf(
  [placeholder, name, link, what = 'ipv6']: RegExpMatchArray,
  path: Path,
  lab: Lab,
): Problem | undefined {
  const about = [name!, link!];
  const node = Object.hasOwn(lab.nodes, name!) ? lab.nodes[name!]! : undefined;
  if (!node) {
    const suggestion = closest(name!, Object.keys(lab.nodes));
    return { path, message: `unknown node ${name} in ${placeholder}`, suggestion, about };
  }
  if (!linksOf(node).includes(link!)) {
    const suggestion = closest(link!, linksOf(node));
    return { path, message: `${name} has no link ${link}: ${placeholder}`, suggestion, about };
  }
  if ((what === 'ipv4' || what === 'ipv6') && !hasAddress(lab, name!, what))
    return { path, message: `${name} has no ${what} address: ${placeholder}`, about };
  return undefined;
}
