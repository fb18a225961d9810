/** The clients. Adding one: its file, and its line here. */
import type { PlannedBuild, PlannedStep } from '../plan/plan.ts';
import { chromium } from './chromium.ts';
import type { Asked, Build, Client, ClientKind, ClientQuestion } from './client.ts';
import { curl } from './curl.ts';
import { dig } from './dig.ts';
import { glibc } from './glibc.ts';
import { go } from './go.ts';
import { libjuice, werift } from './ice.ts';
import { java } from './java.ts';
import { musl } from './musl.ts';
import { cAres, node, nodeHttp } from './node.ts';
import { nssResolve } from './nss-resolve.ts';
import { python } from './python.ts';
import { resolved } from './resolved.ts';

export const clients: Client[] = [
  glibc,
  musl,
  resolved,
  nssResolve,
  cAres,
  node,
  nodeHttp,
  python,
  go,
  java,
  curl,
  chromium,
  dig,
  libjuice,
  werift,
];

export const clientNames = clients.map(({ name }) => name);

/** Who asks where neither the probe nor the stack says. */
export const DEFAULT_CLIENT: Record<ClientKind, string> = {
  resolve: 'glibc',
  reverse: 'glibc',
  query: 'dig',
  fetch: 'curl',
  ice: 'libjuice',
};

/** The names of those that can ask a question of this kind. */
export const clientsFor = (kind: ClientKind): string[] =>
  clients.filter(({ asks }) => asks[kind]).map(({ name }) => name);

/** @throws an Error that lists the known ones */
export const clientNamed = (name: string): Client => {
  const client = clients.find((known) => known.name === name);
  if (!client) throw new Error(`no client ${name}: there is ${clients.map((one) => one.name).join(', ')}`);
  return client;
};

/** The question with the client that asks it and its command. */
export const askedBy = <K extends ClientKind>(
  question: Asked<K> & { kind: K },
  by: string = DEFAULT_CLIENT[question.kind],
): ClientQuestion => {
  const ask = clientNamed(by).asks[question.kind] as ((question: Asked<K>) => string[]) | undefined;
  if (!ask)
    throw new Error(`${by} cannot ask a ${question.kind} probe: ${clientsFor(question.kind).join(', ')} can`);
  return { ...question, by, command: ask(question) } as unknown as ClientQuestion;
};

export const plannedBuild = (name: string, { sources, command, version }: Build): PlannedBuild => ({
  name,
  sources,
  command,
  version,
});

/** What the probes of these steps need made, each once. */
export const buildsFor = (steps: PlannedStep[]): PlannedBuild[] => {
  const names = steps.flatMap((step) =>
    step.kind === 'probe' && 'by' in step.probe.question ? step.probe.question.by : [],
  );
  return [...new Set(names)].flatMap((name) => {
    const { build } = clientNamed(name);
    return build ? [plannedBuild(name, build)] : [];
  });
};
