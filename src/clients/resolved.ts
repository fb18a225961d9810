/** systemd-resolved asked by name over its bus or varlink, as resolvectl(1) does; its cache is left aside. */
import { isIP } from 'node:net';
import type { Client } from './client.ts';

const FAMILY = { ipv4: ['-4'], ipv6: ['-6'], any: [] };

export const resolved: Client = {
  name: 'resolved',
  description: 'systemd-resolved through its own interface (resolvectl)',
  asks: {
    resolve: ({ name, family }) => [...QUERY, ...FAMILY[family ?? 'any'], name],
    reverse: ({ address }) => [...QUERY, address],
  },
  read: (output, kind) => {
    const found = answersIn(output);
    return { ...(kind === 'reverse' ? { names: found } : { addresses: found.filter(isIP) }), output };
  },
  programs: ['resolvectl'],
  version: { command: ['resolvectl', '--version'], pattern: /^systemd (\S+)/m },
};

const QUERY = ['resolvectl', 'query', '--legend=no', '--cache=no'];

/** `www.example: 192.0.2.1 -- link: wifi`, further ones on lines of their own, indented. */
const answersIn = (output: string): string[] =>
  output
    .split('\n')
    .map((line) =>
      line
        .replace(/\s+-- link:.*$/, '')
        .replace(/^\S+:\s+/, '')
        .trim(),
    )
    .filter(Boolean);
