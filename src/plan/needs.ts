/** What a plan asks of the machine. Pure; whether the machine has it is looked up elsewhere. */
import type { Build } from '../clients/client.ts';
import { clientNamed, DEFAULT_CLIENT } from '../clients/index.ts';
import type { Stack } from '../stacks/stack.ts';
import type { Need, Plan, PlannedProbe } from './plan.ts';

/** What `needs:` of a lab may name that is no program. */
const KERNEL_FEATURES = ['netem', 'vrf', 'nftables', 'tbf'];

export const planNeeds = (plan: Omit<Plan, 'needs'>, stack: Stack, stated: string[]): Need[] => {
  const ofStack = stack.programs;
  const program = (name: string, by: string, node?: string): Need => ({
    kind: 'program',
    name,
    for: by,
    image: plan.nodes.find((one) => one.name === node)?.image,
  });
  const kernel = (name: string, by: string): Need => ({ kind: 'kernel', name, for: by });
  // What a container lacks it says itself: nobody looks into an image of the engine.
  const isInContainer = (node: string) =>
    plan.nodes.some(({ name, container }) => name === node && container);
  const impairments = [
    ...plan.links.map(({ impair }) => impair),
    ...plan.steps.map((step) => (step.kind === 'impair' ? step.impair : undefined)),
  ].filter((impair) => impair !== undefined);
  const usesNftables =
    plan.nodes.some(({ nftables }) => nftables) ||
    plan.steps.some(({ kind }) => kind === 'nftables' || kind === 'silence') ||
    impairments.length > 0;
  return distinct([
    ...['unshare', 'setpriv', 'nsenter', 'bwrap', 'ip'].map((name) => program(name, 'every lab')),
    ...(plan.timers === 'virtual' ? [kernel('virtual time', 'virtual timers')] : []),
    ...['ipv6', 'veth', 'bridge', 'overlay'].map((name) => kernel(name, 'every lab')),
    ...plan.nodes.flatMap(({ name, image }) =>
      image ? [{ kind: 'image', name: image, for: name } as const] : [],
    ),
    ...plan.nodes.flatMap(({ name, container }) =>
      container ? [{ kind: 'container', name: container.image, for: name } as const] : [],
    ),
    ...plan.daemons
      .filter(
        (daemon) =>
          !isInContainer(daemon.node) &&
          daemon.id !== plan.host.foreign &&
          !(daemon.node === plan.host.node && ofStack.includes(daemon.program)),
      )
      .map((daemon) => program(daemon.program, daemon.id, daemon.node)),
    ...(isInContainer(plan.host.node) ? [] : ofStack).map((name) => ({
      ...program(name, `stack ${plan.stack}`, plan.host.node),
      ofStack: true as const,
    })),
    ...(stack.foreign?.changesUser
      ? [{ kind: 'ids', name: 'range', for: `stack ${plan.stack}`, ofStack: true } as const]
      : []),
    ...buildNeeds(stack.build, `stack ${plan.stack}`).map((need) => ({ ...need, ofStack: true as const })),
    ...plan.steps.flatMap((step) =>
      step.kind === 'probe' && !isInContainer(step.probe.node) ? clientNeeds(step.probe, program) : [],
    ),
    ...(usesNftables ? [program('nft', 'packet filters'), kernel('nftables', 'packet filters')] : []),
    ...(impairments.some(({ delay }) => delay !== undefined) ? [kernel('netem', 'the delay of a link')] : []),
    ...(impairments.some(({ rate }) => rate !== undefined) ? [kernel('tbf', 'the rate of a link')] : []),
    ...(plan.steps.some(
      (step) =>
        step.kind === 'probe' && 'user' in step.probe.question && step.probe.question.user !== undefined,
    )
      ? [{ kind: 'ids', name: 'range', for: 'a probe as another user' } as const]
      : []),
    ...stated.map((name) =>
      KERNEL_FEATURES.includes(name) ? kernel(name, 'the lab') : program(name, 'the lab'),
    ),
  ]);
};

/** What makes a client or a stack is on the machine, whatever the host lives in. */
export const buildNeeds = (build: Build | undefined, by: string): Need[] => [
  ...(build?.programs ?? []).map((name): Need => ({ kind: 'program', name, for: by })),
  ...(build?.headers ?? []).map((name): Need => ({ kind: 'header', name, for: by })),
];

/** A client that a lab names is one of many: where it is missing, the others are measured all the same. */
const clientNeeds = (
  { name, node, question }: PlannedProbe,
  program: (name: string, by: string, node?: string) => Need,
): Need[] => {
  if (!('by' in question)) return [];
  const { programs, build, modules = [] } = clientNamed(question.by);
  const user = `probe ${name} by ${question.by}`;
  const onHost = programs.map((one) => program(one, user, node));
  const onMachine = buildNeeds(build, user);
  const ofNode = modules.map((one): Need => ({ kind: 'module', name: one, for: user }));
  const optional = modules.length > 0 || question.by !== DEFAULT_CLIENT[question.kind];
  return [...onHost, ...onMachine, ...ofNode].map((need) => (optional ? { ...need, optional } : need));
};

/** Of two that ask for the same the one that cannot do without it stands. */
const distinct = (needs: Need[]): Need[] => [
  ...new Map(
    needs
      .toSorted((a, b) => dispensable(b) - dispensable(a))
      .map((need) => [`${need.kind} ${need.name} ${need.image ?? ''}`, need]),
  ).values(),
];

const dispensable = ({ optional, ofStack }: Need): number => Number(optional ?? ofStack ?? false);
