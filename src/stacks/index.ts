/** The host stacks. Adding one: its file, and its line here. */
import { connman } from './connman.ts';
import { dhclient } from './dhclient.ts';
import { dhcpcd, dhcpcdNoarp } from './dhcpcd.ts';
import { ifupdown } from './ifupdown.ts';
import { kernel } from './kernel.ts';
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
];

export const stackNames = stacks.map(({ name }) => name);

/** A stack as --stack, results and practice name it: networkd@trixie is networkd in the user land trixie. */
export const stackAndImage = (name: string): { stack: string; image?: string } => {
  const [stack = '', image] = name.split('@');
  return { stack, image };
};

/** Throws a sentence that lists the known ones. */
export const stackNamed = (nameAndImage: string): Stack => {
  const { stack: name } = stackAndImage(nameAndImage);
  const stack = stacks.find((known) => known.name === name);
  if (!stack) throw new Error(`no stack ${name}: there is ${stackNames.join(', ')}`);
  return stack;
};
