import type { Family } from '../addresses.ts';
import { hasAddress } from '../parts.ts';
import type { Path, Problem } from '../problem.ts';
import type { Lab } from '../schema.ts';

/**
 * A node meant as an address must have one, of the family if that is stated. Addresses and unknown names pass:
 * those are nobody's business here.
 */
export function withoutAddress(
  lab: Lab,
  name: string | undefined,
  family: Family | undefined,
  path: Path,
): Problem[] {
  if (name === undefined || !Object.hasOwn(lab.nodes, name)) return [];
  const families: Family[] = family ? [family] : ['ipv6', 'ipv4'];
  if (families.some((wanted) => hasAddress(lab, name, wanted))) return [];
  return [
    {
      path,
      message: family ? `${name} has no ${family} address` : `${name} has no address`,
      expected: `${families.join(' or ')}: ADDRESS on node ${name}`,
      about: [name],
    },
  ];
}
