import type { Client } from './client.ts';

export const curl: Client = {
  name: 'curl',
  description: 'curl(1)',
  asks: {
    fetch: ({ url, bindLink }) => [
      'curl',
      '--silent',
      '--show-error',
      '--globoff',
      '--noproxy',
      '*',
      ...(bindLink ? ['--interface', `if!${bindLink}`] : []),
      url,
    ],
  },
  read: (output) => ({ output }),
  programs: ['curl'],
  version: { command: ['curl', '--version'], pattern: /^curl (\S+)/ },
  bindsLink: true,
};
