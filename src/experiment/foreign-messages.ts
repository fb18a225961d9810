/**
 * A host whose IP stack is a program: miflab and the program exchange lines of JSON over the program's standard input
 * and output, and this file is the whole of what they say. The program is a daemon of the host's network namespace; how
 * it gets at the links there is its own affair. What it sends is read from the wire, as everything else is.
 */
import type { HostChange } from '../evidence/netlink.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import type { Finished } from '../sys/program.ts';
import type { HostQuestion } from './host.ts';

/**
 * To the program. They are carried out in their order, and each is answered by its id: `{ "id": 7, "order": "link", … }`.
 * A guest gets them in files, and the line is the path of one (src/guests/boot-scripts.ts says why).
 */
export type ForeignOrder =
  /** A link has carrier from now on, or none. Answered once the stack has taken note. */
  | { order: 'link'; link: string; carrier: boolean }
  /**
   * A question over a flow of its own, which stays open. Answered with what the stack says of it: at once, and for a
   * connection when it stands or is refused, or after withinMs.
   */
  | ({ order: 'ask' } & FlowQuestion)
  /** More data over the flow of that name that was opened last. */
  | { order: 'again'; flow: string; data: string }
  /** Send back whatever comes in. */
  | { order: 'listen'; protocol: 'udp' | 'tcp'; port: number }
  /** Run a program on the stack to its end, with `input` to read; only where the stack file says that it can. */
  | { order: 'run'; command: string[]; input?: string }
  /** Put one request of rtnetlink, in hexadecimal, to the kernel: of a guest. */
  | { order: 'netlink'; request: string };

/** A guest is given no data: it opens the flow, and what goes over it comes by `again`. */
export type FlowQuestion = Omit<HostQuestion, 'data'> & { data?: string };

/** What an order is answered with; an error is the name of an errno. */
export interface ForeignAnswers {
  link: { error?: string };
  ask: HostAnswer;
  again: HostAnswer;
  listen: { error?: string };
  run: Finished;
  /** What the kernel answers, in hexadecimal. */
  netlink: { said?: string; error?: string };
}

/** From the program. A line that is no JSON is a line of its log, as all are on its standard error. */
export type ForeignWord =
  /** First, and once: it has taken over the links. With its name and version. */
  | { ready: string }
  | { id: number; answer: ForeignAnswers[keyof ForeignAnswers] }
  /** An address, a route or a neighbour that is there from now on, or no more: in the words of the timeline. */
  | { told: HostChange }
  /** The same, and of a guest links too, as a Linux kernel or one like it says it by rtnetlink: its messages in hexadecimal. */
  | { netlink: string };
