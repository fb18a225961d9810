/** The host stacks. Adding one: its file, and its line here. */
import { connman } from './connman.ts';
import { dhclient } from './dhclient.ts';
import { dhcpcd, dhcpcdNoarp } from './dhcpcd.ts';
import { gvisor } from './gvisor.ts';
import { ifupdown } from './ifupdown.ts';
import { kernel } from './kernel.ts';
import { lwip } from './lwip.ts';
import { networkd, networkdUseDomains } from './networkd.ts';
import { networkManager, networkManagerDnsmasq, networkManagerResolved } from './networkmanager.ts';
import type { Stack } from './stack.ts';
import { udhcpc } from './udhcpc.ts';

export const stacks: Stack[] = [
  kernel,
  dhclient,
  ifupdown,
  udhcpc,
  dhcpcd,
  dhcpcdNoarp,
  networkd,
  networkdUseDomains,
  networkManager,
  networkManagerDnsmasq,
  networkManagerResolved,
  connman,
  lwip,
  gvisor,
];

export const stackNames = stacks.map(({ name }) => name);

export interface StackParts {
  stack: string;
  /** Clients (src/clients/) that ask where a probe names none. */
  clients: string[];
  image?: string;
}

/**
 * A stack as --stack, results and practice name it: networkd+musl@trixie is networkd in the user land trixie, asked
 * by musl. A variant's own plus sign belongs to its name.
 */
export const stackParts = (name: string): StackParts => {
  const [whole = '', image] = name.split('@');
  const words = whole.split('+');
  for (let count = words.length; count > 0; count--) {
    const stack = words.slice(0, count).join('+');
    if (stackNames.includes(stack)) return { stack, clients: words.slice(count), image };
  }
  return { stack: whole, clients: [], image };
};

/** Throws a sentence that lists the known ones. */
export const stackNamed = (name: string): Stack => {
  const { stack } = stackParts(name);
  const found = stacks.find((known) => known.name === stack);
  if (!found) throw new Error(`no stack ${stack}: there is ${stackNames.join(', ')}`);
  return found;
};
