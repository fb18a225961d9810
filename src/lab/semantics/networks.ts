/** Names and prefixes of networks. Pure. */
import { overlap } from '../addresses.ts';
import { INTERNET } from '../parts.ts';
import type { Problem } from '../problem.ts';
import type { Lab } from '../schema.ts';

/** IFNAMSIZ less the final zero. */
const LONGEST_INTERFACE_NAME = 15;

/** What miflab calls its own. */
const ownNames = [INTERNET, 'fabric'];

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
  ...overlaps(lab),
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
  path: (string | number)[];
}

const prefixesIn = (lab: Lab): PlacedPrefix[] =>
  Object.entries(lab.networks).flatMap(([network, declared]) =>
    (['ipv4', 'ipv6'] as const).flatMap((family): PlacedPrefix[] => {
      const path = ['networks', network, family];
      const value = declared[family];
      if (Array.isArray(value))
        return value.map((prefix, index) => ({ prefix, network, path: [...path, index] }));
      return value === undefined ? [] : [{ prefix: value, network, path }];
    }),
  );

function overlaps(lab: Lab): Problem[] {
  const onPurpose = (name: string) => lab.networks[name]?.overlap === true;
  const prefixes = prefixesIn(lab);
  return prefixes.flatMap(({ prefix, network, path }, index) => {
    const other = prefixes
      .slice(0, index)
      .find(
        (earlier) =>
          overlap(earlier.prefix, prefix) &&
          !(earlier.network !== network && onPurpose(earlier.network) && onPurpose(network)),
      );
    if (!other) return [];
    const own = other.network === network;
    return [
      {
        path,
        message: own
          ? `${prefix} overlaps ${other.prefix} of the same network`
          : `${prefix} overlaps ${other.prefix} of network ${other.network}`,
        expected: own ? undefined : 'overlap: true on both networks, where it is on purpose',
        about: [network, other.network],
      },
    ];
  });
}
