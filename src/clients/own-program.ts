/** The programs of src/clients/programs/: `resolve NAME FAMILY`, `reverse ADDRESS`, `fetch URL`, answered in a line of JSON. */
import type { HostAnswer } from '../evidence/timeline.ts';
import { canonical } from '../plan/addresses.ts';
import type { Client } from './client.ts';

interface Said {
  version?: string;
  addresses?: string[];
  names?: string[];
  output?: string;
  error?: string;
  candidates?: NonNullable<HostAnswer['candidates']>;
}

/** Answered, and answered with an error. */
export const OWN_EXIT_CODES = [0, 2];

type Asks = Required<Pick<Client['asks'], 'resolve' | 'reverse' | 'fetch'>>;

/** The questions of such a program; a client takes those that it can put. */
export const asking = (program: string[]): Asks => ({
  resolve: ({ name, family }) => [...program, 'resolve', name, family ?? 'any'],
  reverse: ({ address }) => [...program, 'reverse', address],
  fetch: ({ url }) => [...program, 'fetch', url],
});

/** Reads its line; `label` is what its version belongs to: musl 1.2.3. A program that was ended before it said anything has no answer. */
export const readLine =
  (label: string): Client['read'] =>
  (output) => {
    const said = parsedLine(output);
    return {
      client: said.version && `${label} ${said.version}`,
      addresses: said.addresses?.map(canonical),
      names: said.names?.map(withoutDot),
      error: said.error,
      output: said.output ?? output,
    };
  };

/** Nothing where it was ended before it said anything. */
export const parsedLine = (output: string): Said => {
  try {
    return JSON.parse(output) as Said;
  } catch {
    return {};
  }
};

const withoutDot = (name: string): string => name.replace(/\.$/, '');
