/** The lines of JSON between miflab and the agent in a guest: those of a lab process, each with whose it is. */
import type { LabMessage } from '../testbed/messages.ts';

/**
 * To the agent. `id` is the asker's, and names the answers. The order of a lab lies in a file of the guest's:
 * what comes in by User-mode Linux's serial line must be short, because once a longer line has made it pause its
 * input never comes again (seen on 6.1).
 */
export type GuestOrder =
  | { kind: 'lab'; id: number; file: string }
  | { kind: 'abort'; id: number }
  | { kind: 'features'; id: number; names: string[] };

/** From the agent. */
export type GuestMessage =
  /** The first: the guest's kernel, as uname says it. */
  | { kind: 'hello'; release: string }
  /** Once a second: a guest that hangs says nothing. */
  | { kind: 'alive' }
  | { kind: 'lab'; id: number; message: LabMessage }
  /** The lab process is gone, and this is what it said. */
  | { kind: 'ended'; id: number; said: string }
  /** It could not be started. */
  | { kind: 'refused'; id: number; reason: string }
  | { kind: 'lacking'; id: number; names: string[] };
