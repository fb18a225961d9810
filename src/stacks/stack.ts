/**
 * The shape of a host stack: what is under test on the host, as pure functions from what the lab says to files,
 * daemons and steps. A file per stack in this folder; adding one is that file, its line in index.ts and its test.
 */
import type { Build } from '../clients/client.ts';
import type { Lab } from '../lab/schema.ts';
import type { StaticRoute } from '../plan/nodes.ts';
import type { LinkOffers, NameServerSource } from '../plan/offers.ts';
import type {
  PlannedDaemon,
  PlannedFile,
  PlannedInterface,
  PlannedStep,
  SocketOptions,
  Timers,
} from '../plan/plan.ts';
import type { HostState } from '../plan/state.ts';

export interface Stack {
  /** What --stack, results and practice call it; a variant has its name behind a plus sign: dhcpcd+noarp. */
  name: string;
  /** One line for people. */
  description: string;
  /** It never runs from the machine's own files: where no user land is named, it lives in the default one. */
  needsUserLand?: true;
  /**
   * It brings the links up and gives them their addresses and routes itself, also those that the lab states: the
   * test bed does neither.
   */
  managesLinks?: true;
  /**
   * The IP stack is a program of its own and not the kernel: the first of its daemons, which speaks as
   * experiment/foreign-messages.ts says. What a lab asks beyond this makes it unsupported.
   */
  foreign?: Foreign;
  /** Made on the machine once and kept; then shown in every lab as BUILT/name. */
  build?: Build;
  /** Longer than it takes to settle in milliseconds, where the 10 s of others are too short. */
  settlesWithinMs?: number;
  /** The programs it needs, for `needs` and doctor. */
  programs: string[];
  /** The protocols by which it takes addresses; a lab that waits for those of another is unsupported. */
  clients: ('dhcpv4' | 'dhcpv6')[];
  /** Every lease that names a router gives the host a default route through it; `settle` waits for them. */
  routesEveryLease?: true;
  /** Neither it nor the kernel takes router advertisements: a lab that waits for what they bring is unsupported. */
  ignoresAdvertisements?: true;
  /** The command, run on the host, whose first line of output is its version; none: the kernel's is all there is. */
  version?: string[];
  /** The file on the host where its name servers stand; no symbolic link. */
  resolverFile: string;
  /** Who resolves names for its applications, behind the C library (default glibc itself). */
  resolver?: 'systemd-resolved' | 'dnsmasq' | 'connman';
  plan(context: StackContext): PlannedStack;
}

export interface Foreign {
  /** What a probe can ask with. */
  options: (keyof SocketOptions)[];
  /** What it tells of itself besides addresses and routes. */
  tells: ('deprecated' | 'temporary' | 'neighbours')[];
  /** It runs programs, the clients of probes for one. */
  runs?: true;
  /** Parts of it run as other users: a lab with a single id has none. */
  changesUser?: true;
}

/** What a stack may know about the host and its links. */
export interface StackContext {
  lab: Lab;
  timers: Timers;
  /** The name of the host under test. */
  host: string;
  /** The user land that the host lives in: a release of Debian, and with it the stack's version. */
  image?: string;
  /** The host's links in the order of the lab. */
  links: StackLink[];
}

export interface StackLink {
  interface: PlannedInterface;
  /** What routers and servers offer there when the lab begins. */
  offers: LinkOffers;
  /** The routes that the lab states over this link; its addresses are the interface's. */
  routes: StaticRoute[];
}

/** What a stack adds to the plan of a lab. */
export interface PlannedStack {
  /** Files laid into the host before anything starts, over those of its user land: absolute path to text. */
  files?: Record<string, PlannedFile>;
  sysctls?: [key: string, value: string][];
  /**
   * With `started` they start with the lab, in this order, each when the one before is ready and after the
   * services of the networks are; without, by a step of onPlugIn.
   */
  daemons?: PlannedDaemon[];
  /** Once a link has got carrier, each time; starting a daemon that runs already does nothing. */
  onPlugIn?(link: StackLink): PlannedStep[];
  /** Which name servers it learns; left out: none. */
  nameServers?: NameServers;
  /** Why it cannot do what the lab asks of the host, in one sentence. */
  unsupported?: string;
  /**
   * What its daemons have said (regular expressions) once it has taken up what the link offers: `settle` waits for
   * it. By then the link may offer less than it did when the stack was planned.
   */
  settled?(link: StackLink): HostState['said'];
  /**
   * Of a stack that does not make a default route of every router that advertises itself: what it has said once it
   * knows the one with this link-local address.
   */
  knowsRouter?(link: StackLink, address: string): HostState['said'][number];
}

export interface NameServers {
  /** A lab about those that networks name in no other way is unsupported. */
  from: NameServerSource[];
  /**
   * What its resolver file shows of them: those of `all` links, for which `settle` then waits; what was written
   * `last`; `none`, where its own proxy alone stands there: a lab that waits for a name server is unsupported.
   */
  shown: 'all' | 'last' | 'none';
  /**
   * What it has said once it has taken up the server of this address, where no file shows it: `settle` waits for it.
   * Undefined where it may never come.
   */
  knows?(address: string, by: NameServerSource): HostState['said'][number] | undefined;
}
