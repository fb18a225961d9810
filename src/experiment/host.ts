/**
 * The IP stack of the host under test as the experiment knows it, whoever it is: the kernel of the host's network
 * namespace (kernel-host.ts), or a program that has taken over the host's links (foreign-host.ts), a guest with another kernel for one.
 */
import type { Tables } from '../evidence/tables.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import type { Responder, SocketOptions } from '../plan/plan.ts';
import type { Finished } from '../sys/program.ts';

export interface Host {
  /** What the host has told so far; every change of it is in the timeline. */
  tables(): Tables;
  /** The text of the host's resolver configuration. */
  resolvConf(): string;
  /** Whether the host has taken note that a link has carrier, or none. */
  hasNoticed(link: string, carrier: boolean): boolean;
  /**
   * Opens a flow and puts the question over it; the flow stays open. Resolves to what the host says of it. `beforeSent` is
   * called once the flow's port is known and, but for a connection, nothing of it is on the wire: what comes back, a
   * redirect for one, may change what the host says of its way. A host that cannot be asked its way need not call it.
   */
  ask(question: HostQuestion, beforeSent: (socketPort?: number) => Promise<void>): Promise<HostAnswer>;
  /** More data over the flow that a probe opened last. */
  askAgain(flow: string, data: string): Promise<HostAnswer>;
  /** Which way the host says that a packet goes; undefined where it cannot be asked. */
  wayTo(destination: string, question: WayQuestion): Promise<HostAnswer['route']>;
  /** Runs a program on the host to its end. `input`: only on the kernel of a guest. */
  run(command: string[], input?: string): Promise<Finished>;
  /** Answers what comes in. */
  listen(responders: Responder[]): void;
}

/** The flow that goes the way; none where it is not of a socket that the lab process made. */
export interface WayQuestion extends SocketOptions {
  flow?: Pick<HostQuestion, 'kind' | 'port'> & Pick<HostAnswer, 'socketPort'>;
}

/** A question to one destination. */
export interface HostQuestion extends SocketOptions {
  kind: 'udp' | 'tcp' | 'ping';
  /** The probe: what `askAgain` calls the flow. */
  flow: string;
  destination: string;
  /** Destination port; the ICMP identifier of a ping. */
  port: number;
  /** What the payload begins with. */
  data: string;
  /** Bytes of payload at least: filled up with zeros. */
  size: number;
  /** How long a connection is waited for. */
  withinMs: number;
}
