/** Network cards of a guest that is the host alone. Pure. */

/** Descriptors of the machine's process on which they are, as frames.c (src/stacks/programs) gives them. */
export const cardDescriptor = (number: number): number => 10 + number;

/** Of nobody in a lab: the host's own are those of its links. */
export const cardMac = (number: number): string =>
  `02:ff:00:00:00:${(number + 1).toString(16).padStart(2, '0')}`;
