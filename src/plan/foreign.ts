/** Hosts whose IP stack is a program instead of their kernel: what a lab may ask of such a stack. Pure. */
import type { HostUnderTest } from '../lab/schema.ts';
import type { Foreign, Stack } from '../stacks/stack.ts';
import type { Plan, PlannedProbe, PlannedStep } from './plan.ts';

/** Why this plan asks more of the host than its stack can do, in one sentence. */
export const beyondForeign = (
  { name, foreign, ignoresAdvertisements }: Stack,
  { nodes, daemons, steps, host }: Plan,
  stated: HostUnderTest,
): string | undefined => {
  if (!foreign) return undefined;
  const node = nodes.find((one) => one.name === host.node)!;
  const elsewhere = node.container ? 'a container' : node.image && `the user land ${node.image}`;
  const field = KERNEL_ONLY.find((key) => stated[key] !== undefined);
  const other = daemons.find((daemon) => daemon.node === host.node && daemon.id !== host.foreign);
  const reasons = [
    elsewhere && `${name} runs from the machine's own files, not in ${elsewhere}`,
    field && `the lab states ${field} of the host, which only a Linux kernel takes`,
    other && `the lab starts ${other.id}, which works on the kernel of its host and not on ${name}`,
    ...steps.map((step) => beyondStep(step, host.node, name, foreign)),
    ignoresAdvertisements && unadvertised(steps, stated),
  ];
  return reasons.find(Boolean) || undefined;
};

/** What only advertisements would bring: where a lab waits for it by name, for `settle: true` does not. */
const unadvertised = (steps: PlannedStep[], { routes = [] }: HostUnderTest): string | undefined => {
  const router = steps
    .flatMap((step) => (step.kind === 'wait' ? step.state.defaultRouters : []))
    .find((one) => !routes.some(({ via }) => via === one.router || one.addresses.includes(via ?? '')));
  return (
    router && `the lab waits for the route through ${router.router}, which it does not state of the host`
  );
};

/** What a lab may state of a host that is set up in its kernel, and is no part of any other stack. */
const KERNEL_ONLY = ['sysctls', 'nftables', 'tc', 'rules', 'labels', 'ip', 'gai-conf'] as const;

const beyondStep = (step: PlannedStep, host: string, name: string, foreign: Foreign): string | undefined => {
  switch (step.kind) {
    case 'ip':
    case 'sysctl':
    case 'nftables':
    case 'silence':
    case 'run':
      return step.node === host
        ? `the lab changes the kernel of the host (${step.title}), and its stack is ${name}`
        : undefined;
    case 'files':
      return step.node === host
        ? `the lab changes files of the host, which ${name} does not read again`
        : undefined;
    case 'wait':
      return (
        untold(step.state, foreign) &&
        `the lab waits for ${untold(step.state, foreign)} of the host, of which ${name} tells nothing`
      );
    case 'probe':
      return beyondProbe(step.probe, name, foreign);
    default:
      return undefined;
  }
};

const untold = (
  { neighbours, temporary, deprecated }: Extract<PlannedStep, { kind: 'wait' }>['state'],
  { tells }: Foreign,
): string | undefined => {
  if (neighbours.length > 0 && !tells.includes('neighbours')) return 'neighbours';
  if (temporary.length > 0 && !tells.includes('temporary')) return 'temporary addresses';
  return deprecated.length > 0 && !tells.includes('deprecated') ? 'deprecated addresses' : undefined;
};

const OPTIONS = {
  bindLink: 'a bound link',
  bindAddress: 'a bound address',
  hopLimit: 'a hop limit',
  mark: 'a mark',
  user: 'a user',
} as const;

const beyondProbe = (
  { name: probe, question }: PlannedProbe,
  name: string,
  { runs, options }: Foreign,
): string | undefined => {
  if ('command' in question)
    return runs
      ? undefined
      : `the probe ${probe} is asked by a program, and ${name} has no sockets for programs`;
  const stated = Object.keys(OPTIONS) as (keyof typeof OPTIONS)[];
  const lacking = stated.find(
    (option) => (question as Record<string, unknown>)[option] !== undefined && !options.includes(option),
  );
  return lacking && `the probe ${probe} asks with ${OPTIONS[lacking]}, which ${name} does not have`;
};
