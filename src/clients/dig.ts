import type { Client } from './client.ts';

export const dig: Client = {
  name: 'dig',
  description: 'dig(1), with the search list',
  asks: {
    query: ({ name, type, server }) => ['dig', '+search', ...(server ? [`@${server}`] : []), name, type],
  },
  read: (output) => ({ output }),
  programs: ['dig'],
  version: { command: ['dig', '-v'], pattern: /^DiG (\S+)/m },
};
