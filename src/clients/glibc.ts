/** getaddrinfo of the host's C library through getent(1), with AI_ADDRCONFIG as getent has it. */
import type { HostAnswer } from '../evidence/timeline.ts';
import type { Client } from './client.ts';

const DATABASE = { ipv4: 'ahostsv4', ipv6: 'ahostsv6', any: 'ahosts' };

export const glibc: Client = {
  name: 'glibc',
  description: "the host's C library (getent)",
  asks: {
    resolve: ({ name, family }) => ['getent', DATABASE[family ?? 'any'], name],
    reverse: ({ address }) => ['getent', 'hosts', address],
  },
  read: (output, kind) => (kind === 'reverse' ? readHosts : readAddresses)(output),
  programs: ['getent'],
  version: { command: ['getent', '--version'], pattern: /^getent .*?([\d.]+)$/m },
};

/** getent prints each address once per socket type, in the order of getaddrinfo. */
const readAddresses = (output: string): HostAnswer => ({
  addresses: [
    ...new Set(
      output
        .split('\n')
        .filter((line) => line.includes('STREAM'))
        .map((line) => line.split(/\s+/)[0]!),
    ),
  ],
  output,
});

/** `10.1.0.9  printer.corp.example printer`. */
const readHosts = (output: string): HostAnswer => ({
  names: output.trim().split(/\s+/).slice(1),
  output,
});
