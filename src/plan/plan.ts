/**
 * The plan: everything that a lab becomes on the machine, as plain data. `miflab plan LAB` prints it.
 *
 * A plan is made without privileges and without looking at the machine (make-plan.ts); the test bed
 * builds it and the experiment runs its steps without knowing the lab language.
 */
import type { HostState } from './state.ts';

/** virtual: the kernel's defaults, in a guest whose idle time is skipped. */
export type Timers = 'fast' | 'real' | 'virtual';

/** The namespace where the links are bridged and captured; every other one is a node's. */
export const FABRIC = 'fabric';

/** The node in the middle of the routed core. Its links are captured at its own end. */
export const INTERNET = 'internet';

export interface Plan {
  format: 1;
  /** The lab's name: its path below labs/ without the suffix. */
  lab: string;
  /** Which run of the lab: '' for the lab itself, 'control 1', 'order wifi, lte'. */
  variant: string;
  stack: string;
  /** The kernel that it runs on, as --kernel names it; 'host' is the machine's own. */
  kernel: string;
  host: PlannedHost;
  timers: Timers;
  /**
   * Of what a kernel from 6.11 on makes the hash that chooses among the next hops of one route. By itself it takes a
   * number for as long as the machine is up, so that another machine decided otherwise; here it is the number of the
   * repetition: every run is like every other run, and repetitions show all that the hash may choose.
   */
  hashSeed: number;
  links: PlannedLink[];
  nodes: PlannedNode[];
  daemons: PlannedDaemon[];
  responders: Responder[];
  steps: PlannedStep[];
  /** Clients that are made on the machine before the lab is built, once. */
  builds: PlannedBuild[];
  /** What the machine must have for this plan, for `doctor` and exit code 4: programs, kernel features, ids. */
  needs: Need[];
  /** Why this stack cannot be put through this lab, in one sentence. */
  unsupported?: string;
}

/** What is read of the host under test beside its packets and tables. */
export interface PlannedHost {
  node: string;
  /** The command whose first line of output is the version of the stack. */
  version?: string[];
  /** The file where its name servers stand. */
  resolverFile: string;
  /** Who resolves names: glibc, systemd-resolved; 'none' where the stack runs no programs that could ask. */
  resolver: string;
  /** The daemon that is its IP stack, where the kernel of its network namespace is not (experiment/foreign-messages.ts). */
  foreign?: string;
  /**
   * That daemon is a guest with a Linux kernel, which can be asked and told all that the machine's can (host-guest.ts).
   * What it runs on: 'User-mode Linux', 'TCG', 'KVM'.
   */
  guest?: string;
}

export interface Need {
  kind: 'program' | 'header' | 'module' | 'kernel' | 'ids' | 'image' | 'container';
  name: string;
  /** Of a program: the user land that must have it; none: the machine. */
  image?: string;
  /** Who asks for it: 'radvd on lte-router'. */
  for: string;
  /** Where it is missing the lab is unsupported, and the suite no less complete. */
  optional?: true;
  /** Of the stack under test: where it is missing, the other stacks are measured all the same. */
  ofStack?: true;
}

/** A client or a stack that is compiled: its name, its sources, and the command that makes it (src/clients/client.ts). */
export interface PlannedBuild {
  name: string;
  sources: string[];
  command: string[];
  version: string[];
}

export interface PlannedLink {
  name: string;
  /** A network of the lab, or the point-to-point link between a node and the internet. */
  kind: 'network' | 'internet';
  mtu: number;
  /** Every prefix that it ever has: a change step may give it others. */
  ipv4: string[];
  ipv6: string[];
  /** In the fabric; a link to the internet has one in virtual time only: else it is one veth pair between the two. */
  bridge?: { name: string; index: number };
  impair?: PlannedImpairment;
}

export interface PlannedImpairment {
  /** Percent. */
  loss?: number;
  rate?: string;
  /** Milliseconds. */
  delay?: number;
}

export type Role = 'router' | 'server' | 'host' | 'under-test' | 'internet';

export interface PlannedNode {
  name: string;
  /** Where the node stands; the internet stands nowhere. */
  at?: Position;
  role: Role;
  /** Hosts have a mount and a UTS namespace of their own besides their network namespace. */
  ownFiles: boolean;
  /** The user land that a host lives in instead of the machine's, with pid and ipc namespaces of its own too. */
  image?: string;
  /** The container that it lives in, made by the machine's engine. */
  container?: PlannedContainer;
  /** Its stack brings its links up and gives them their addresses and routes: the test bed does neither. */
  managed?: true;
  interfaces: PlannedInterface[];
  /** Files laid into the node before anything starts: absolute path to text. */
  files: Record<string, PlannedFile>;
  sysctls: [key: string, value: string][];
  /** Lines for `ip -batch`, in order, after the addresses. */
  ip: string[];
  nftables: string;
  tc: string[];
}

export interface PlannedContainer {
  image: string;
  /** Its own command is an init, which starts what the image enables. */
  init: boolean;
}

/** Its text, with its mode where that is not 0644; or where a symbolic link leads. */
export type PlannedFile = string | { text: string; mode: number } | { link: string };

export interface PlannedInterface {
  /** On the node: the name of the link. */
  name: string;
  link: string;
  index: number;
  mac: string;
  /** EUI-64 from the MAC address unless the lab says otherwise. */
  linkLocal: string;
  /** Static addresses with prefix length. */
  addresses: string[];
  /** The other end of its veth pair. */
  port: PlannedPort;
  /** Has carrier from the beginning; a host under test is plugged in by a step. */
  plugged: boolean;
}

/** A port of the bridge in the fabric, or on a link to the internet the interface of the other node. */
export interface PlannedPort {
  place: string;
  name: string;
  index: number;
  bridge?: string;
}

export interface PlannedDaemon {
  /** 'lte-router.ra': what start, stop, kill and reports name. */
  id: string;
  node: string;
  /** The program, for `needs`: radvd. */
  program: string;
  command: string[];
  files: Record<string, string>;
  ready: Readiness;
  /** How a changed configuration is taken up: the signal, or a restart. */
  reload: 'SIGHUP' | 'restart';
  /** Started while the lab is built; false: only by a step. */
  started: boolean;
  /** It is told lines on its standard input. */
  told?: true;
  /** It does its work and ends: exit code 0 is no fault. */
  once?: boolean;
}

export interface Readiness {
  /** A text in its output, as the source of a regular expression; none: ready once started. */
  output?: string;
  withinMs: number;
}

/** Something in a server (or host) that answers probes. */
export interface Responder {
  node: string;
  protocol: 'udp' | 'tcp' | 'http' | 'stun';
  /** Undefined: every address. */
  address?: string;
  port: number;
}

/** In the lab file, from 1. */
export interface Position {
  line: number;
  column: number;
}

interface StepBase {
  /** One line for people: 'plug in wifi'. */
  title: string;
  /** Where the step stands. */
  at?: Position;
}

export type PlannedStep = StepBase &
  (
    | { kind: 'carrier'; interfaces: { node: string; name: string; port: string }[]; up: boolean }
    | { kind: 'wait'; state: HostState; withinMs: number; settle: boolean }
    | { kind: 'daemon'; action: 'start' | 'stop' | 'kill'; daemon: string }
    | { kind: 'reconfigure'; daemon: PlannedDaemon }
    | { kind: 'ip'; node: string; lines: string[] }
    /** Null: what it was before the lab first set it. */
    | { kind: 'sysctl'; node: string; sysctls: [key: string, value: string | null][] }
    | { kind: 'files'; node: string /** Absolute path to text. */; files: Record<string, PlannedFile> }
    | { kind: 'nftables'; node: string; ruleset: string }
    | { kind: 'run'; node: string; command: string[] }
    | { kind: 'silence'; node: string; mode: 'all' | 'neighbours' | 'forwarding' | 'none' }
    | { kind: 'impair'; link: string; impair: PlannedImpairment }
    | { kind: 'after'; ms: number }
    | {
        kind: 'send';
        node: string;
        interface: string;
        /** A whole Ethernet frame. */
        frame: string;
        /** The host's link-local address as its MAC address makes it: where the host has another, the frame goes there. */
        hostAddress: string;
      }
    | { kind: 'probe'; probe: PlannedProbe }
  );

export interface PlannedProbe {
  name: string;
  node: string;
  question: Question;
  /** Bytes that only this probe's packets carry, as text: 'miflab:web'. */
  nonce: string;
  until?: 'answered' | 'unanswered';
  everyMs: number;
  withinMs: number;
}

export interface SocketOptions {
  bindLink?: string;
  bindAddress?: string;
  mark?: number;
  user?: number;
  hopLimit?: number;
}

/** Asked by a program on the host: the name of its client (src/clients/) and the command. */
export interface ByClient {
  by: string;
  command: string[];
}

export type Question =
  | ({
      kind: 'udp' | 'tcp' | 'ping';
      /** One destination, or many for a distribution. */
      destinations: string[];
      /** Destination port; the ICMP identifier of a ping. */
      port: number;
      /** Bytes of payload; the nonce comes first. */
      size: number;
      keepOpen: boolean;
    } & SocketOptions)
  | { kind: 'again'; probe: string }
  | ({ kind: 'query'; name: string; type: string; server?: string } & ByClient)
  | ({ kind: 'resolve'; name: string; family?: 'ipv4' | 'ipv6' } & ByClient)
  | ({ kind: 'reverse'; address: string } & ByClient)
  | ({ kind: 'fetch'; url: string; bindLink?: string; port: number; destinations: string[] } & ByClient)
  /** Destinations and port of the STUN server; none: only the host's own candidates. */
  | ({ kind: 'ice'; destinations: string[]; port: number } & ByClient)
  | {
      kind: 'inbound';
      from: string;
      packet: 'udp' | 'tcp' | 'ping' | 'arp' | 'neighbour-solicitation';
      /** The host's address asked. */
      to: string;
      /** The sender's interface and the host's MAC address there; none: routed as usual. */
      over?: { interface: string; mac: string; sourceMac: string };
      source: string;
      port: number;
    }
  | { kind: 'command'; command: string[]; destinations: string[]; port?: number };
