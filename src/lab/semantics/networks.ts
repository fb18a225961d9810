/** Names and prefixes of networks. Pure. */
import { type Family, rangeOf } from '../addresses.ts';
import { INTERNET, ownNames } from '../parts.ts';
import type { Path, Problem } from '../problem.ts';
import type { Lab } from '../schema.ts';

/** IFNAMSIZ less the final zero. */
const LONGEST_INTERFACE_NAME = 15;

/** /proc/sys/net/ipv6/conf has all and default beside the interfaces, and every namespace has an lo (measured: ip refuses all three). */
const kernelNames = ['all', 'default', 'lo'];

/** ip(8) takes any beginning of a keyword for the keyword, where a lab's own command puts a link in its place. */
const keywords = [
  'address',
  'bridge',
  'dev',
  'down',
  'help',
  'index',
  'link',
  'master',
  'mtu',
  'name',
  'netns',
  'peer',
  'type',
  'up',
  'via',
];

export const networkProblems = (lab: Lab): Problem[] => [
  ...Object.keys(lab.networks).flatMap((name) => nameProblem(name) ?? []),
  ...overlapProblems(lab, 'ipv4'),
  ...overlapProblems(lab, 'ipv6'),
];

function nameProblem(name: string): Problem | undefined {
  const because = reasonAgainst(name);
  return because
    ? { path: ['networks', name], atKey: true, message: `${name} cannot name a network: ${because}` }
    : undefined;
}

function reasonAgainst(name: string): string | undefined {
  if (ownNames.includes(name))
    return name === INTERNET ? 'the internet is there without being declared' : 'miflab uses it';
  if (kernelNames.includes(name)) return 'the kernel uses it';
  if (name.length > LONGEST_INTERFACE_NAME)
    return `it becomes an interface name, at most ${LONGEST_INTERFACE_NAME} characters`;
  const keyword = keywords.find((word) => word.startsWith(name));
  return keyword && `ip(8) reads it as ${keyword}`;
}

interface PlacedPrefix {
  prefix: string;
  network: string;
  path: Path;
  /** Its place in the file among the others. */
  index: number;
  first: bigint;
  last: bigint;
}

const prefixesIn = (lab: Lab, family: Family): PlacedPrefix[] =>
  Object.entries(lab.networks)
    .flatMap(([network, declared]) => {
      const path = ['networks', network, family];
      const value = declared[family];
      if (Array.isArray(value))
        return value.map((prefix, item) => ({ prefix, network, path: [...path, item] }));
      return value === undefined ? [] : [{ prefix: value, network, path }];
    })
    .map((placed, index) => {
      const [first, last] = rangeOf(placed.prefix);
      return { ...placed, index, first, last };
    });

/** Prefixes lie within each other or apart: sorted, those that a prefix lies within are all that is still open. */
function overlapProblems(lab: Lab, family: Family): Problem[] {
  const onPurpose = ({ network }: PlacedPrefix) => lab.networks[network]!.overlap === true;
  const allowed = (one: PlacedPrefix, other: PlacedPrefix) =>
    one.network !== other.network && onPurpose(one) && onPurpose(other);
  const sorted = prefixesIn(lab, family).sort(
    (one, other) =>
      compare(one.first, other.first) || compare(other.last, one.last) || one.index - other.index,
  );
  let open: PlacedPrefix[] = [];
  const problems = sorted.flatMap((prefix) => {
    open = open.filter(({ last }) => last >= prefix.first);
    const other = open.find((outer) => !allowed(outer, prefix));
    open.push(prefix);
    if (!other) return [];
    return other.index < prefix.index ? overlapProblem(prefix, other) : overlapProblem(other, prefix);
  });
  return [...new Map(problems.toReversed().map((problem) => [String(problem.path), problem])).values()];
}

const compare = (one: bigint, other: bigint): number => (one < other ? -1 : one > other ? 1 : 0);

/** Reported where the later of the two stands. */
function overlapProblem(later: PlacedPrefix, earlier: PlacedPrefix): Problem {
  const { prefix, network, path } = later;
  const about = [network, earlier.network];
  if (network === earlier.network)
    return { path, message: `${prefix} overlaps ${earlier.prefix} of the same network`, about };
  return {
    path,
    message: `${prefix} overlaps ${earlier.prefix} of network ${earlier.network}`,
    expected: 'overlap: true on both networks, where it is on purpose',
    about,
  };
}
