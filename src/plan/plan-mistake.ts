/** What a lab asks for and its plan cannot say: a daemon that lacks a field, a value that does not fit into a packet. */
import type { Path } from '../lab/problem.ts';

export class PlanMistake extends Error {
  /** Where in the lab it stands. */
  readonly path: Path;
  constructor(message: string, path: Path) {
    super(message);
    this.path = path;
  }
}

/** Plans a part of a lab. @throws PlanMistake for what cannot be said of this part; miflab's own mistakes pass */
export function planned<T>(path: Path, plan: () => T): T {
  try {
    return plan();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof PlanMistake) throw error;
    if (error instanceof TypeError || error instanceof ReferenceError) throw error;
    throw new PlanMistake(error.message, path);
  }
}
