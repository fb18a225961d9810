/** What a lab is run on: a host stack on a kernel. Pure. */

/** The machine's own kernel: no guest. */
export const HOST_KERNEL = 'host';

export interface Setting {
  stack: string;
  /** As --kernel names it. */
  kernel: string;
}

/** What tells a setting from the usual one, which is the kernel's own stack on the machine's kernel. */
export const unusual = ({ stack, kernel }: Setting): string[] => [
  ...(stack === 'kernel' ? [] : [stack]),
  ...(kernel === HOST_KERNEL ? [] : [kernel]),
];

export const settingOf = ({ stack, kernel }: Setting): string =>
  kernel === HOST_KERNEL ? stack : `${stack} on ${kernel}`;
