/**
 * The shape of a client: a resolver or an application that puts a probe's question on the host, as pure functions from
 * the question to a command and from what that printed to an answer. A file per client in this folder; adding one is
 * that file, its line in index.ts and its test (docs/clients.md).
 */
import type { HostAnswer } from '../evidence/timeline.ts';
import type { Question } from '../plan/plan.ts';

export type ClientQuestion = Extract<Question, { by: string }>;
export type ClientKind = ClientQuestion['kind'];

/** A question that has no command yet. */
export type Asked<K extends ClientKind> = Omit<Extract<ClientQuestion, { kind: K }>, 'by' | 'command'>;

export interface Client {
  /** What a probe's `by:` calls it. */
  name: string;
  /** One line for people: what it is. */
  description: string;
  /** What it can ask, and the command for it; no shell reads it. */
  asks: { [K in ClientKind]?: (question: Asked<K>) => string[] };
  /** What it printed, as the host's answer. Its end is known otherwise: only what the output says. */
  read(output: string, kind: ClientKind): HostAnswer;
  /** Programs that must be on the host. */
  programs: string[];
  /** Packages of npm that must be there; a development dependency is none of every installation. */
  modules?: string[];
  /** Made on the machine once and kept; then shown in every lab as BUILT/name. */
  build?: Build;
  /** The exit codes with which it ends, where any other shows that it broke. */
  exitCodes?: number[];
  /** Asked where the output does not tell the version: a command on the host, and where in its output the version stands. */
  version?: { command: string[]; pattern: RegExp };
  /** Whether `bind-link` can be asked of it. */
  bindsLink?: boolean;
}

export interface Build {
  /** Programs that must be on the machine. */
  programs: string[];
  /** And header files, below /usr/include. */
  headers?: string[];
  /** Below the folder of the bundled programs: of src/clients/programs/ clients/client.c. */
  sources: string[];
  /** Run in an empty folder that holds the sources; what it leaves there is the client. */
  command: string[];
  /** What this prints tells one compiler and its libraries from another; its exit code does not matter. */
  version: string[];
}

/** Where a lab shows them, on hosts with a user land too: no daemon and no image has anything there. */
const FOLDER = '/miflab';
/** Clients that were built, each in a folder of its name. */
export const BUILT = `${FOLDER}/built`;
/** Clients that need no building. */
export const SCRIPTS = `${FOLDER}/clients`;
/** The packages of npm, where Node looks for them from SCRIPTS. */
export const MODULES = `${FOLDER}/node_modules`;
/** The Node that runs miflab. */
export const NODE = `${FOLDER}/node`;
