/** Every name in a lab must name something: what a text may name is said in the schema where it stands. Pure. */
import { z } from 'zod';
import { isAddress, isPrefix } from './addresses.ts';
import { closest } from './closest.ts';
import { daemonsOf, hostsUnderTest, INTERNET, linksOf, probesOf } from './parts.ts';
import { isMap, type Path, type Problem } from './problem.ts';
import { type Named, names } from './schema/names.ts';
import { Lab, type Node } from './schema.ts';
import { meant } from './schema-tree.ts';

interface Reference {
  text: string;
  of: Named[];
  path: Path;
  atKey: boolean;
}

/** Names of nothing, with what was probably meant. Controls have a lab of their own, in which they are asked. */
export const unknownNames = (lab: Lab): Problem[] =>
  [...referencesIn(Lab, { ...lab, control: undefined }, [])].flatMap(
    (reference) => problemOf(reference, lab) ?? [],
  );

function* referencesIn(
  schema: z.core.$ZodType | undefined,
  value: unknown,
  path: Path,
): Generator<Reference> {
  const here = schema && meant(schema, value);
  if (typeof value === 'string') {
    const of = here && names.get(here)?.of;
    if (of) yield { text: value, of, path, atKey: false };
  } else if (Array.isArray(value) && here instanceof z.ZodArray) {
    for (const [index, item] of value.entries()) yield* referencesIn(here.element, item, [...path, index]);
  } else if (isMap(value) && here instanceof z.ZodRecord) {
    const of = names.get(here.keyType)?.of;
    for (const [key, item] of Object.entries(value)) {
      if (of) yield { text: key, of, path: [...path, key], atKey: true };
      yield* referencesIn(here.valueType, item, [...path, key]);
    }
  } else if (isMap(value) && here instanceof z.ZodObject) {
    for (const [key, item] of Object.entries(value))
      yield* referencesIn(here.shape[key], item, [...path, key]);
  }
}

function problemOf({ text, of, path, atKey }: Reference, lab: Lab): Problem | undefined {
  if (
    (of.includes('address') && isAddress(text) && !text.includes('/')) ||
    (of.includes('prefix') && isPrefix(text))
  )
    return undefined;
  const candidates = of.flatMap((named) => candidatesOf(named, path, lab));
  if (candidates.includes(text) || candidates.includes(ANYTHING)) return undefined;
  return {
    path,
    atKey,
    message: messageFor(text, of, path, lab),
    expected: candidates.length > 0 ? `one of ${candidates.join(', ')}` : undefined,
    suggestion: closest(text, candidates),
    about: [text, text.split('.')[0]!],
  };
}

/** Where a name cannot be judged because what it would name is missing as a whole. */
const ANYTHING = '*';

function candidatesOf(named: Named, path: Path, lab: Lab): string[] {
  switch (named) {
    case 'network':
      return Object.keys(lab.networks);
    case 'network or internet':
      return [...Object.keys(lab.networks), INTERNET];
    case 'own link':
      return linksKnownOf(lab.nodes[path[1]!]!, lab);
    case 'host link':
      return hostLinks(lab);
    case 'node':
      return Object.keys(lab.nodes);
    case 'daemon':
      return daemonsOf(lab);
    case 'probe':
      return probesOf(lab).map(({ name }) => name);
    case 'earlier probe':
      return probesBefore(path, lab);
    case 'on-link':
    case 'none':
      return [named];
    case 'address':
    case 'prefix':
      return [];
  }
}

/** A misspelt network among the links of a node is reported there, and not again wherever the link is named. */
const linksKnownOf = (node: Node, lab: Lab): string[] => {
  const links = linksOf(node);
  const known = links.filter((link) => link === INTERNET || Object.hasOwn(lab.networks, link));
  return known.length < links.length ? [...known, ANYTHING] : known;
};

const hostLinks = (lab: Lab): string[] => {
  const [host] = hostsUnderTest(lab);
  return host ? linksKnownOf(lab.nodes[host]!, lab) : [ANYTHING];
};

const probesBefore = (path: Path, lab: Lab): string[] => {
  const probes = probesOf(lab);
  const own = probes.findIndex((probe) => probe.path.every((key, index) => key === path[index]));
  return probes.slice(0, own).map(({ name }) => name);
};

const labels: Record<Named, string> = {
  network: 'network',
  'network or internet': 'network',
  'own link': 'link',
  'host link': 'link',
  node: 'node',
  daemon: 'daemon',
  probe: 'probe',
  'earlier probe': 'earlier probe',
  address: 'address',
  prefix: 'prefix',
  'on-link': 'on-link',
  none: 'none',
};

function messageFor(text: string, of: Named[], path: Path, lab: Lab): string {
  const [first] = of;
  if (text === INTERNET && first === 'network') return 'only routers and servers attach to the internet';
  const known = Object.hasOwn(lab.networks, text) || text === INTERNET;
  if (first === 'own link' && known) return `${path[1]} has no link ${text}`;
  if (first === 'host link' && known) return `${hostsUnderTest(lab)[0]} has no link ${text}`;
  if (/^[a-z][a-z0-9.-]*$/.test(text)) return `unknown ${labels[first!]} ${text}`;
  return `expected ${[...new Set(of.map((named) => labels[named]))].join(', ')}, not ${JSON.stringify(text)}`;
}
