/**
 * What a suite leaves behind, as plain data: results.json (docs/results.md) is this and nothing else, so a
 * report can be printed again from it.
 */
import type { Position, Timers } from '../plan/plan.ts';
import type { PracticeComparison } from '../verdict/practice.ts';
import type { Outcome, RunResult } from '../verdict/verdict.ts';
import type { KernelInfo } from './kernel.ts';

export type { Position };

/** What a run is: known before it starts. */
export interface RunInfo {
  /** Unique within a suite and the same in every suite: 'default-router/preference · control 1 · networkd'. */
  id: string;
  lab: string;
  /** The lab file, relative to the working directory. */
  file: string;
  title: string;
  topic: string;
  /** must, should, may or none. */
  level: string;
  source: string[];
  kind: 'lab' | 'order' | 'control';
  /** '' for the lab itself, 'control 1', 'order wifi, lte'. */
  variant: string;
  stack: string;
  /** As --kernel names it; 'host' is the machine's own. */
  kernel: string;
  /** Of that kernel, as uname says it. */
  release: string;
  timers: Timers;
  /** Where each probe's expectation stands in the file; '' where the lab begins. */
  positions: Record<string, Position>;
}

/** How a decision compares with the practice recorded for its stack. */
export type PracticeFinding = PracticeComparison & { probe: string };

/** One measurement of a run. */
export interface Attempt {
  /** From 1, for --repeat. */
  repetition: number;
  /** 0, or which retry of the repetition it is. */
  retry: number;
  result: RunResult;
  practice: PracticeFinding[];
  outcome: Outcome;
  /** A decision that differs from its expectation without being recorded, or from what was recorded. */
  unexpected: boolean;
}

export type Stability =
  | 'stable'
  /** A retry came out as expected. */
  | 'flaky'
  /** Repetitions came out differently. */
  | 'unstable';

export interface RunRecord extends RunInfo {
  /** Of the attempt that counts: the last of a repetition, the worst of all repetitions. */
  outcome: Outcome;
  unexpected: boolean;
  stability: Stability;
  /** In the order of repetition and retry. */
  attempts: Attempt[];
  /** Which of the attempts counts. */
  decisive: number;
}

/** Whether the decision of an any-order lab depends on the order, with what came out in each. */
export interface OrderFinding {
  lab: string;
  stack: string;
  kernel: string;
  dependent: boolean;
  sentence: string;
}

/** The practice that a stack was compared with: its kernel's own, or that of the nearest kernel there is. */
export interface PracticeSource {
  stack: string;
  /** The kernel's release. */
  release: string;
  file: string;
  exact: boolean;
}

export interface SuiteResults {
  format: 1;
  miflab: string;
  /** ISO 8601. */
  started: string;
  /** Milliseconds from the first run's start to the last one's end. */
  duration: number;
  /** Those that labs ran on. */
  kernels: KernelInfo[];
  workers: number;
  /** Where results.json and the evidence are, relative to the working directory. */
  folder: string;
  ended: 'complete' | 'bail' | 'interrupted';
  runs: RunRecord[];
  orders: OrderFinding[];
  practice: PracticeSource[];
  /** Ids of runs that were never made or not finished: bail, interruption. */
  notRun: string[];
  exitCode: number;
}

/** What a suite tells while it goes. */
export interface SuiteListener {
  onStart?(suite: SuiteStart): void;
  onEvent?(event: SuiteEvent): void;
  onResult?(record: RunRecord): void;
  onEnd?(results: SuiteResults): void;
}

export interface SuiteStart {
  runs: RunInfo[];
  workers: number;
  folder: string;
}

export type SuiteEvent =
  | { kind: 'begin'; run: RunInfo }
  /** What the run does or waits for now, in words. */
  | { kind: 'activity'; run: RunInfo; activity: string }
  | { kind: 'end'; run: RunInfo };
