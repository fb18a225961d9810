import type { Stack } from './stack.ts';

/** The bare kernel: it takes router advertisements itself, and nobody asks for DHCP. */
export const kernel: Stack = {
  name: 'kernel',
  description: 'the bare kernel: router advertisements, no DHCP client',
  programs: [],
  clients: [],
  resolverFile: '/etc/resolv.conf',
  plan: () => ({}),
};
