/** The host stacks. Adding one: its file, and its line here. */
import { dhclient } from './dhclient.ts';
import { kernel } from './kernel.ts';
import type { Stack } from './stack.ts';
import { udhcpc } from './udhcpc.ts';

export const stacks: Stack[] = [kernel, dhclient, udhcpc];

export const stackNames = stacks.map(({ name }) => name);

/** Throws a sentence that lists the known ones. */
export const stackNamed = (name: string): Stack => {
  const stack = stacks.find((known) => known.name === name);
  if (!stack) throw new Error(`no stack ${name}: there is ${stackNames.join(', ')}`);
  return stack;
};
