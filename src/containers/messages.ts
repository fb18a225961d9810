/** The lines of JSON between the orchestrator and the process that keeps its containers. */
import type { PlannedContainer, PlannedFile } from '../plan/plan.ts';

/** A host of a lab that is being built. */
export interface WantedContainer extends PlannedContainer {
  /** The run of a lab that it belongs to: ends with it. */
  run: string;
  node: string;
  /** Of a process on the machine that sees the lab's files, and with them the node's network. */
  pid: number;
  /** Absolute path to text. */
  files: Record<string, PlannedFile>;
}

export type KeeperOrder = { kind: 'start'; wanted: WantedContainer } | { kind: 'end'; run: string };

export type KeeperAnswer =
  | { kind: 'started'; run: string; node: string /** sha256 of the image. */; digest: string }
  | { kind: 'refused'; run: string; node: string; message: string }
  /** By itself, or by someone else. */
  | { kind: 'ended'; run: string; node: string; code: number; lastOutput: string[] }
  | { kind: 'removed'; run: string };

/** The same for a program in a container: between it and container-exec.ts, which stands for it in the lab. */
export type ExecOrder = { kind: 'exec'; command: string[] } | { kind: 'signal'; signal: NodeJS.Signals };

export type ExecAnswer =
  | { kind: 'output'; stream: 'stdout' | 'stderr' /** Base 64. */; bytes: string }
  | { kind: 'ended'; code: number };

/** Where a lab asks for programs in the container of a node. */
export const execSocket = (node: string): string => `/run/miflab/containers/${node}`;

export const asLine = (message: object): string => `${JSON.stringify(message)}\n`;
