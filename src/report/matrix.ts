/** Labs × stacks and kernels: what each came to, and where they decide differently. Pure. */
import { decidedIn } from '../suite/decided.ts';
import type { RunRecord } from '../suite/results.ts';
import { settingOf } from '../suite/setting.ts';
import type { Outcome } from '../verdict/verdict.ts';
import type { Output } from './reporter.ts';
import { decisive, paint, type Style, variations } from './text.ts';

const signs: Record<Outcome, { sign: string; style: Style }> = {
  conforms: { sign: '✓', style: 'green' },
  permitted: { sign: '○', style: 'green' },
  deviates: { sign: '✗', style: 'magenta' },
  inconclusive: { sign: '?', style: 'yellow' },
  unsupported: { sign: '-', style: 'dim' },
};

/** Columns are numbered: names are long, and there are many. Empty where no lab was run on several. */
export function matrixOf(runs: RunRecord[], output: Output): string[] {
  const labs = runs.filter(({ kind }) => kind !== 'control');
  const measured = labs.filter((run) =>
    labs.some((other) => other.lab === run.lab && settingOf(other) !== settingOf(run)),
  );
  const settings = [...new Set(measured.map(settingOf))];
  if (settings.length === 0) return [];
  const rows = [...new Set(measured.map(rowOf))].map((row) => {
    const cells = settings.map((setting) =>
      measured.find((run) => rowOf(run) === row && settingOf(run) === setting),
    );
    return { row, cells, ways: waysOf(cells) };
  });
  const width = Math.max(...rows.map(({ row }) => row.length));
  const cellText = (run: RunRecord | undefined, ways: string[]) => {
    if (!run) return '   ';
    const { sign, style } = signs[run.outcome];
    if (varies(run)) return ` ${paint(output, style, sign)}~`;
    return ` ${paint(output, style, sign)}${ways.length > 1 ? letterOf(ways, run) : ' '}`;
  };
  return [
    ...settings.map(
      (setting, index) => `${String(index + 1).padStart(3)} ${setting}${versionOf(measured, setting)}`,
    ),
    '',
    `${' '.repeat(width)} ${settings
      .map((_, index) =>
        String(index + 1)
          .padStart(2)
          .padEnd(3),
      )
      .join('')}`,
    ...rows.flatMap(({ row, cells, ways }) => [
      `${row.padEnd(width)} ${cells.map((run) => cellText(run, ways)).join('')}`.trimEnd(),
      ...(ways.length > 1
        ? ways.map((way, index) => paint(output, 'dim', `    ${letter(index)}: ${way || 'nothing decided'}`))
        : []),
    ]),
    '',
    '✓ conforms, ○ permitted, ✗ deviates, ? inconclusive, - unsupported',
    'letters: decided differently; ~ varies from run to run, as recorded',
    '',
  ];
}

const rowOf = ({ lab, variant }: RunRecord): string => (variant ? `${lab} · ${variant}` : lab);

/** What it decided this time then tells nothing. */
const varies = (run: RunRecord): boolean => variations(run).length > 0;

/** The different decisions of a row, the most frequent first. */
function waysOf(cells: (RunRecord | undefined)[]): string[] {
  const tally = new Map<string, number>();
  for (const way of cells.flatMap((run) => (run && !varies(run) ? (decidedIn(run) ?? []) : [])))
    tally.set(way, (tally.get(way) ?? 0) + 1);
  return [...tally].toSorted(([, a], [, b]) => b - a).map(([way]) => way);
}

const letter = (index: number): string => String.fromCharCode('a'.charCodeAt(0) + (index % 26));

const letterOf = (ways: string[], run: RunRecord): string => {
  const way = decidedIn(run);
  return way === undefined ? ' ' : letter(ways.indexOf(way));
};

const versionOf = (runs: RunRecord[], setting: string): string => {
  const ofSetting = runs.filter((run) => settingOf(run) === setting);
  const manager = ofSetting.map((run) => decisive(run).result.product?.manager).find(Boolean);
  return ` (${[manager, `Linux ${ofSetting[0]!.release}`].filter(Boolean).join(', ')})`;
};
