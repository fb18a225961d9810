/** What keeps a lab from being measured, told apart by whose fault it is (design: five kinds of failure). */
import type { Position } from '../plan/plan.ts';
import type { Failure } from '../verdict/verdict.ts';

/** The lab asks for something that the kernel or a program refuses. */
export class LabFault extends Error {
  /** Where in the lab file. */
  at?: Position;
  constructor(message: string, at?: Position) {
    super(message);
    this.at = at;
  }
}

/** Whatever the lab asks for within, and is refused, stands there in the lab file. */
export const standingAt = async (
  at: Position | undefined,
  body: () => void | Promise<void>,
): Promise<void> => {
  try {
    await body();
  } catch (error) {
    if (error instanceof LabFault) error.at ??= at;
    throw error;
  }
};

/** A daemon died or never got ready. */
export class DaemonFault extends Error {
  readonly daemon: string;
  readonly lastOutput: string[];
  constructor(daemon: string, message: string, lastOutput: string[]) {
    super(message);
    this.daemon = daemon;
    this.lastOutput = lastOutput;
  }
}

/** The machine refuses what only this lab needs. */
export class MachineFault extends Error {}

/** A state that the experiment waits for did not come. */
export class EvidenceFault extends Error {}

export const failureOf = (error: unknown): Failure => {
  if (error instanceof DaemonFault)
    return { kind: 'daemon', message: error.message, daemon: error.daemon, lastOutput: error.lastOutput };
  if (error instanceof LabFault) return { kind: 'lab', message: error.message, at: error.at };
  if (error instanceof MachineFault)
    return { kind: 'machine', message: error.message, remedy: 'miflab doctor' };
  if (error instanceof EvidenceFault) return { kind: 'evidence', message: error.message };
  return { kind: 'bug', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
};
