import type { Decision } from '../decision/decision.ts';
import type { Position, Timers } from '../plan/plan.ts';

export type Outcome = 'conforms' | 'deviates' | 'permitted' | 'inconclusive' | 'unsupported';

/** The verdict on one probe, or on what kept a lab from being measured. */
export interface Verdict {
  probe: string;
  outcome: Outcome;
  /** One sentence that names the packets. */
  reason: string;
  expected?: string;
  seen?: string;
  /** Whether the expectation was met, whatever its level makes of that. */
  matches?: boolean;
  decision?: Decision;
}

/** What became of one run of a lab: itself, a control, or one of its orders. */
export interface RunResult {
  lab: string;
  variant: string;
  stack: string;
  timers: Timers;
  /** What was measured, with all its versions; none where nothing was. */
  product?: Product;
  verdicts: Verdict[];
  /** Milliseconds; `virtual` is how much virtual time passed. */
  timing: { total: number; ready?: number; readyToVerdict?: number; virtual?: number };
  /** Where the evidence lies, relative to the output folder. */
  evidence?: string;
  /** What the stack did to the lab: took away what it relies on, or fell silent; a sentence each. */
  findings?: string[];
  /** A failure that is no verdict: of the machine, of a daemon, of miflab. */
  failure?: Failure;
}

/** The full name of what was measured: all that a decision may depend on besides the lab. */
export interface Product {
  /** The release of the kernel. */
  kernel: string;
  /** What the stack says of its version; none: the kernel is all there is. */
  manager?: string;
  /** Name and version; 'none' where the stack runs no programs that could ask one. */
  resolver: string;
  /** None: the machine's own files. */
  userLand?: { name: string; digest: string };
  timers: Timers;
}

/** The five kinds of failure, less "the stack decided otherwise", which is a verdict. */
export type Failure =
  | { kind: 'lab'; message: string /** In the lab file. */; at?: Position }
  /** optional: nothing is wrong with a suite without this lab. */
  | { kind: 'machine'; message: string; remedy: string; optional?: true }
  | { kind: 'daemon'; message: string; daemon: string; lastOutput: string[] }
  | { kind: 'evidence'; message: string }
  | { kind: 'bug'; message: string };
