/**
 * The shape of a service: a pure function from what the lab says to files, a command and a sign of readiness.
 * A file per daemon; adding one is that file and its test.
 */
import type { PlannedDaemon, PlannedInterface } from '../plan/plan.ts';

/** What a service may know about where it runs. */
export interface ServiceContext {
  node: string;
  /** The node's interface on the link it serves; undefined for a service of the whole node (DNS). */
  interface?: PlannedInterface;
  interfaces: PlannedInterface[];
  /** The link's prefixes. */
  ipv4: string[];
  ipv6: string[];
  /** Prefixes of every network, for services that tell clients apart by where they are. */
  prefixesByLink: Record<string, string[]>;
  /** A folder of the daemon's own, writable, absolute: /run/miflab/lte-router.ra */
  folder: string;
  /** Address of a node by its name, in one family, as seen from this link; an address stands for itself. */
  addressOf(nameOrAddress: string, family: 'ipv4' | 'ipv6'): string;
  /** MAC address of a node on this link, for fixed leases. */
  macOf(node: string): string;
}

export type PlannedService = Pick<PlannedDaemon, 'program' | 'command' | 'files' | 'ready' | 'reload'>;
