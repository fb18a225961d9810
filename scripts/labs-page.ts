/** docs/labs.md: the labs by topic, what stacks do otherwise, and the labs by RFC. Pure. */
import { groupsOf } from '../src/decision/group.ts';
import type { Lab } from '../src/lab/schema.ts';
import { decisionsIn, type Practice } from '../src/verdict/practice.ts';

export interface NamedLab {
  /** default-router/no-router */
  name: string;
  lab: Lab;
}

export interface NamedPractice {
  /** networkd@trixie */
  stack: string;
  /** 6.18 */
  kernel: string;
  /** What the stack says of its version, where it lives in a user land. */
  manager?: string;
  practice: Practice;
}

const TOPICS: Record<Lab['topic'], string> = {
  'default-router': 'Which of several routers carries the traffic, and what happens when it goes.',
  'source-address': 'Which of its addresses a host speaks from (RFC 6724 section 5).',
  'destination-address': 'In which order the addresses of a name are tried (RFC 6724 section 6).',
  dns: 'Which server is asked for a name, over which link, and what its answer is worth.',
  egress: 'Which link a packet leaves by: routes, metrics, rules, marks and bound sockets.',
  configuration: 'What a host makes of the configuration that it receives.',
  'host-model': 'Whether an address belongs to a link or to the host (RFC 1122 section 3.3.4.2).',
  vpn: 'Tunnels beside links.',
  'first-hop': 'Which of several routers of one link carries a packet: redirects, routes, sources.',
  applications: 'What applications make of several addresses.',
  order: 'Whether the order in which things happen decides.',
  security: 'What an attacker on the link can change, and what a host must refuse.',
  field: 'What goes wrong in the field, taken from public reports.',
};

export const labsPage = (labs: NamedLab[], practices: NamedPractice[]): string =>
  [
    '# The labs',
    '',
    '<!-- Written by scripts/generate-docs.ts from labs/ and practice/: change it there. -->',
    '',
    `${labs.length} labs. Each has a control that must come out differently. \`miflab run labs/TOPIC --controls\` runs`,
    'those of a topic; [verdicts.md](verdicts.md) says what the levels and verdicts mean.',
    ...topicsOf(labs).flatMap((topic) => ['', `## ${topic}`, '', TOPICS[topic], '', ...tableOf(topic, labs)]),
    '',
    '## What stacks do otherwise',
    '',
    'By the version of Linux; a stack without a user land is the one of Debian 12. [matrix.md](matrix.md) has what network',
    'managers decide side by side. Decisions are measured; the reasons are our reading of logs, tables and manuals.',
    '',
    '| lab | source | reason | stacks |',
    '|---|---|---|---|',
    ...deviations(labs, practices),
    '',
    '## By RFC',
    '',
    ...byDocument(labs),
    '',
  ].join('\n');

const topicsOf = (labs: NamedLab[]): Lab['topic'][] =>
  (Object.keys(TOPICS) as Lab['topic'][]).filter((topic) => labs.some(({ lab }) => lab.topic === topic));

const tableOf = (topic: Lab['topic'], labs: NamedLab[]): string[] => [
  '| lab | expected decision | level | source |',
  '|---|---|---|---|',
  ...labs
    .filter(({ lab }) => lab.topic === topic)
    .map(
      ({ name, lab }) =>
        `| ${link(name, name.split('/').at(-1)!)} | ${lab.title} | ${lab.level} | ${sourcesOf(lab).join(', ')} |`,
    ),
];

/** A row for each reason of each lab, with all that deviate for it. */
const deviations = (labs: NamedLab[], practices: NamedPractice[]): string[] =>
  labs.flatMap(({ name: lab, lab: { source } }) => {
    const found = practices.flatMap((practice) =>
      reasonsIn(practice, lab).map((reason) => ({ reason, practice })),
    );
    return groupsOf(found, ({ reason }) => reason).map((group) => {
      const stacks = stacksText(group.map(({ practice }) => practice));
      return `| ${link(lab, lab)} | ${[source].flat().join(', ')} | ${group[0]!.reason} | ${stacks} |`;
    });
  });

const reasonsIn = ({ practice }: NamedPractice, lab: string): string[] => {
  const recorded = Object.values(practice[lab] ?? {})
    .flatMap((probes) => Object.values(probes))
    .flatMap(decisionsIn);
  const deviating = recorded.filter(({ outcome }) => outcome === 'deviates');
  return [...new Set(deviating.map(({ reason }) => reason ?? 'no reason is recorded'))];
};

/** 6.18: kernel, dhcpcd@{bookworm,sid} */
const stacksText = (practices: NamedPractice[]): string =>
  groupsOf(practices, ({ kernel }) => kernel)
    .map((on) => {
      const stacks = groupsOf(
        on.map(({ stack }) => stack.split('@')),
        ([name]) => name!,
      );
      return `${on[0]!.kernel}: ${stacks.flatMap(userLandsText).join(', ')}`;
    })
    .join('; ');

const userLandsText = (of: string[][]): string[] => {
  const name = of[0]![0]!;
  const userLands = of.flatMap(([, userLand]) => userLand ?? []);
  const inThem = userLands.length > 1 ? `{${userLands.join(',')}}` : userLands[0];
  return [...(of.some(([, userLand]) => !userLand) ? [name] : []), ...(inThem ? [`${name}@${inThem}`] : [])];
};

/** RFC 4861 section 6.3.4: the labs of each section, sections in the order of their numbers. */
const byDocument = (labs: NamedLab[]): string[] => {
  const places = labs.flatMap(({ name, lab }) => sourcesOf(lab).map((source) => ({ name, source })));
  const sources = [...new Set(places.map(({ source }) => source))].toSorted((one, other) =>
    one.localeCompare(other, 'en', { numeric: true }),
  );
  const documents = [...new Set(sources.map(documentOf))];
  return documents.flatMap((document) => [
    `- ${document}`,
    ...sources
      .filter((source) => documentOf(source) === document)
      .map((source) => {
        const names = places.filter((place) => place.source === source).map(({ name }) => link(name, name));
        return `  - ${source.slice(document.length).trim() || 'as a whole'}: ${names.join(', ')}`;
      }),
  ]);
};

const documentOf = (source: string): string => /^(?:RFC|BCP|CVE)[ -]\d+/.exec(source)?.[0] ?? source;

const sourcesOf = (lab: Lab): string[] => [lab.source].flat();

const link = (name: string, text: string): string => `[${text}](../labs/${name}.yaml)`;
