import { EvidenceFault } from '../testbed/faults.ts';
import type { RunningLab } from '../testbed/lab.ts';

/**
 * `ipv6@wifi` → the host's usable global address on that link, as its tables have it now; an address stands for
 * itself. Throws an EvidenceFault where the host has none.
 */
export const hostAddress = async (
  lab: RunningLab,
  node: string,
  bound: string | undefined,
): Promise<string | undefined> => {
  if (!bound?.includes('@')) return bound;
  const [family, link] = bound.split('@') as ['ipv4' | 'ipv6', string];
  const own = lab.host
    .tables()
    .addresses.find(
      (entry) =>
        entry.interface === link &&
        entry.scope === 'global' &&
        !entry.flags.includes('tentative') &&
        entry.address.includes(':') === (family === 'ipv6'),
    );
  if (!own) throw new EvidenceFault(`${node} has no usable ${family} address on ${link}`);
  return own.address;
};
