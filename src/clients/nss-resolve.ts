/** systemd-resolved as the C library asks it: the nss module `resolve`, whatever nsswitch.conf says. */
import type { Client } from './client.ts';
import { glibc } from './glibc.ts';

export const nssResolve: Client = {
  ...glibc,
  name: 'nss-resolve',
  description: "systemd-resolved through the C library's module (getent -s resolve)",
  asks: {
    resolve: (question) => withModule(glibc.asks.resolve!(question)),
    reverse: (question) => withModule(glibc.asks.reverse!(question)),
  },
  programs: ['getent', 'resolvectl'],
  version: { command: ['resolvectl', '--version'], pattern: /^systemd (\S+)/m },
};

const withModule = ([getent, ...words]: string[]): string[] => [getent!, '-s', 'hosts:resolve', ...words];
