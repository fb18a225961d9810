import { clientNamed, clientsFor } from '../clients/index.ts';
import type { Probe } from '../lab/schema.ts';

const SHORT = { resolve: 'name', reverse: 'address', fetch: 'url' } as const;

/** The probe with the first of the stack's clients that can ask it, where it names none itself. */
export const askedByStack = (probe: Probe, clients: string[]): Probe => {
  const kind = (['resolve', 'reverse', 'fetch'] as const).find((one) => probe[one] !== undefined);
  if (!kind) return probe;
  const stated = probe[kind]!;
  const asked = typeof stated === 'string' ? { [SHORT[kind]]: stated } : stated;
  const bound = 'bind-link' in asked && asked['bind-link'] !== undefined;
  const by = clients.find(
    (name) => clientsFor(kind).includes(name) && (!bound || clientNamed(name).bindsLink),
  );
  return { ...probe, [kind]: { by, ...asked } };
};
