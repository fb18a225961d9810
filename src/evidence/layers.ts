import type { Headers } from './headers.ts';

/** What stands behind the link-layer header, in a frame or quoted in an ICMP error. */
export type Layers = Omit<Headers, 'ethernet'>;

/** Bytes that no reader of ours knows, or too few of them. */
export const other = (payload: Uint8Array): Layers => ({ kind: 'other', payload });
