/** docs/matrix.md: the labs that are compared, what each stack in each user land decided, and why where it deviates. Pure. */
import { outcomes } from '../src/suite/outcome.ts';
import { decisionsIn, type Recorded } from '../src/verdict/practice.ts';
import { type StableDecision, wordsOf } from '../src/verdict/stable.ts';
import type { Outcome } from '../src/verdict/verdict.ts';
import type { NamedLab, NamedPractice } from './labs-page.ts';

/** What one stack in one user land is known to decide in a lab. */
interface Cell {
  stack: string;
  userLand: string;
  outcome: Outcome;
  /** In words; undefined where it varies. */
  way?: string;
  /** Why it deviates, and why it varies. */
  reasons: string[];
}

interface Row {
  name: string;
  lab: NamedLab;
  cells: Cell[];
  /** The different decisions, the most frequent first. */
  ways: string[];
}

const SIGNS: Record<Outcome, string> = {
  conforms: '✓',
  permitted: '○',
  deviates: '✗',
  inconclusive: '?',
  unsupported: '–',
};

/**
 * @param stacks the columns of the tables
 * @param userLands in the order of their releases
 */
export const matrixPage = (
  compared: string[],
  labs: NamedLab[],
  practices: NamedPractice[],
  stacks: string[],
  userLands: string[],
): string => {
  const measured = stacks.flatMap((name) =>
    userLands.flatMap((userLand) => practices.filter(({ stack }) => stack === `${name}@${userLand}`)),
  );
  const { kernel } = measured[0]!;
  const ofKernel = measured.filter((one) => one.kernel === kernel);
  const rows = compared.flatMap((name) => rowsOf(labs.find((lab) => lab.name === name)!, ofKernel));
  const topics = [...new Set(rows.map(({ lab }) => lab.lab.topic))];
  return [
    '# What stacks decide',
    '',
    '<!-- Written by scripts/generate-docs.ts from labs/compared.txt and practice/: change it there. -->',
    '',
    `${compared.length} labs whose answer depends on who configures the host, measured on Linux ${kernel} in the user lands`,
    `${userLands.join(', ')} ([images.md](images.md)). \`make matrix\` measures them again and says what has changed.`,
    'Stacks and their variants are in [stacks.md](stacks.md), verdicts in [verdicts.md](verdicts.md); `practice/` has what',
    'the variants decided.',
    '',
    '✓ conforms, ○ no RFC decides or the RFC leaves it open, ✗ deviates, ~ varies from run to run, – unsupported. Letters',
    'stand for decisions, which are spelled out below each table: a row without letters has one. Where user lands differ',
    'each is named. Decisions are measured; the reasons beside deviations are our reading of logs, tables and manuals.',
    '',
    '## Versions',
    '',
    ...table(
      ['stack', ...userLands],
      stacks.map((stack) => [stack, ...userLands.map((land) => versionOf(ofKernel, `${stack}@${land}`))]),
    ),
    ...topics.flatMap((topic) =>
      topicSection(
        topic,
        rows.filter(({ lab }) => lab.lab.topic === topic),
        stacks.map((name) => ({
          name,
          userLands: userLands.filter((land) => ofKernel.some(({ stack }) => stack === `${name}@${land}`)),
        })),
      ),
    ),
    '',
  ].join('\n');
};

interface Column {
  name: string;
  /** Those that have the stack. */
  userLands: string[];
}

const userLandOf = (stack: string): string => stack.split('@')[1] ?? '';

const versionOf = (practices: NamedPractice[], name: string): string =>
  practices.find(({ stack }) => stack === name)?.manager?.replace(' multi-call binary.', '') ?? '–';

const rowsOf = (lab: NamedLab, practices: NamedPractice[]): Row[] => {
  const variants = [...new Set(practices.flatMap(({ practice }) => Object.keys(practice[lab.name] ?? {})))];
  return variants.map((variant) => {
    const cells = practices.flatMap(({ stack, practice }) => {
      const probes = practice[lab.name]?.[variant];
      return probes ? [cellOf(stack, probes)] : [];
    });
    const ways = cells.flatMap(({ way }) => way ?? []);
    const count = (one: string) => ways.filter((way) => way === one).length;
    return {
      name: variant ? `${lab.name} · ${variant}` : lab.name,
      lab,
      cells,
      ways: [...new Set(ways)].toSorted((one, other) => count(other) - count(one)),
    };
  });
};

const cellOf = (name: string, probes: Record<string, Recorded>): Cell => {
  const all = Object.values(probes);
  const decisions = all.flatMap(decisionsIn);
  const varies = all.flatMap((one) => ('varies' in one ? one.varies : []));
  const way = Object.entries(probes)
    .flatMap(([probe, one]) => decisionsIn(one).map(({ decision }) => `${probe} ${decisionText(decision)}`))
    .join('; ');
  return {
    stack: name.split('@')[0]!,
    userLand: userLandOf(name),
    outcome: outcomes.find((outcome) => decisions.some((one) => one.outcome === outcome))!,
    way: varies.length > 0 ? undefined : way,
    reasons: [...new Set([...varies, ...decisions.flatMap(({ reason }) => reason ?? [])])],
  };
};

/** 'through main over office from office, answered by server' */
const decisionText = ({
  sent,
  router,
  link,
  source,
  answered,
  by,
  contradiction,
  ...more
}: StableDecision): string => {
  const way = [
    ...(router ? [`through ${router}`] : []),
    ...(link ? [`over ${link}`] : []),
    ...(source ? [`from ${source}`] : []),
  ].join(' ');
  return [
    sent ? way : ['not sent', way].filter(Boolean).join(' '),
    ...(Object.keys(more).length > 0 ? [wordsOf(more)] : []),
    ...(answered === undefined ? [] : [answered ? `answered${by ? ` by ${by}` : ''}` : 'no answer']),
    ...(contradiction ? ['the host says otherwise'] : []),
  ]
    .filter(Boolean)
    .join(', ');
};

const topicSection = (topic: string, rows: Row[], columns: Column[]): string[] => [
  '',
  `## ${topic}`,
  '',
  ...table(
    ['lab', ...columns.map(({ name }) => name)],
    rows.map((row) => [
      `[${row.name.slice(topic.length + 1)}](../labs/${row.lab.name}.yaml)`,
      ...columns.map((column) => cellText(row, column)),
    ]),
  ),
  ...rows.flatMap(legendOf),
];

/** One sign where all user lands are alike, else each with its user lands. */
const cellText = (row: Row, { name, userLands }: Column): string => {
  const groups = new Map<string, string[]>();
  for (const userLand of userLands) {
    const cell = row.cells.find((one) => one.stack === name && one.userLand === userLand);
    const sign = cell ? signOf(cell, row.ways) : SIGNS.unsupported;
    groups.set(sign, [...(groups.get(sign) ?? []), userLand]);
  }
  if (groups.size === 1) return [...groups.keys()][0]!;
  return [...groups].map(([sign, lands]) => `${sign} ${lands.join(', ')}`).join('<br>');
};

const signOf = ({ outcome, way }: Cell, ways: string[]): string => {
  if (way === undefined) return `${SIGNS[outcome]}~`;
  return `${SIGNS[outcome]}${ways.length > 1 ? letterOf(ways.indexOf(way)) : ''}`;
};

const letterOf = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + index);

const legendOf = ({ name, lab: { lab }, cells, ways }: Row): string[] => [
  '',
  `**${name}** (${[lab.source].flat().join(', ')}, ${lab.level}). ${lab.title}.`,
  '',
  ...ways.map((way, index) => {
    const decided = cells.filter((cell) => cell.way === way);
    const mark =
      ways.length > 1 ? `${SIGNS[decided[0]!.outcome]}${letterOf(index)}` : SIGNS[decided[0]!.outcome];
    return `- ${mark}: ${way}.${reasonsText(decided)}`;
  }),
  ...(cells.some(({ way }) => way === undefined)
    ? [`- ~:${reasonsText(cells.filter(({ way }) => way === undefined))}`]
    : []),
];

/** Each reason with those who deviate for it, where there are several. */
const reasonsText = (cells: Cell[]): string => {
  const reasons = [...new Set(cells.flatMap(({ reasons }) => reasons))];
  return reasons
    .map((reason) => {
      const who = cells.filter((cell) => cell.reasons.includes(reason));
      const names = [...new Set(who.map(({ stack }) => stack))].join(', ');
      return reasons.length > 1 ? ` ${names}: ${reason}` : ` ${reason}`;
    })
    .join('');
};

const table = (heads: string[], rows: string[][]): string[] => [
  `| ${heads.join(' | ')} |`,
  `|${heads.map(() => '---').join('|')}|`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
];
