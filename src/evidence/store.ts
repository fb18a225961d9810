/** What a run leaves behind, as files: the packets, the timeline, the plan, and the daemons' configurations and logs. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Plan, PlannedDaemon } from '../plan/plan.ts';
import type { Measurement } from '../testbed/measurement.ts';
import { pcapng, portsOf } from './pcapng.ts';
import type { PacketEvent, TimelineEvent } from './timeline.ts';

/**
 * Writes capture.pcapng, timeline.jsonl, plan.json and daemons/ID/{configuration files, log.txt} into a folder,
 * which it makes, and console.txt where a guest died; a configuration that a step put in place is in daemons/ID/step-N. `comments` say by packet
 * number which probe a packet belongs to. Throws what the file system says.
 */
export const storeEvidence = async (
  folder: string,
  plan: Plan,
  { timeline, epochMs, console }: Pick<Measurement, 'timeline' | 'epochMs' | 'console'>,
  comments: ReadonlyMap<number, string>,
): Promise<void> => {
  const files: [path: string, content: string | Uint8Array][] = [
    ['capture.pcapng', pcapng(packetsOf(timeline), { ports: portsOf(plan), epochMs, comments })],
    ['timeline.jsonl', timeline.map((event) => `${JSON.stringify(event)}\n`).join('')],
    ['plan.json', `${JSON.stringify(plan, null, 2)}\n`],
    ...plan.daemons.flatMap((daemon) => configurationOf(daemon)),
    ...plan.steps.flatMap((step, index) =>
      step.kind === 'reconfigure' ? configurationOf(step.daemon, `step-${index + 1}`) : [],
    ),
    ...logsOf(plan, timeline),
    ...(console === undefined ? [] : [['console.txt', console] satisfies [string, string]]),
  ];
  for (const [path, content] of files) await writeInto(join(folder, path), content);
};

const writeInto = async (path: string, content: string | Uint8Array): Promise<void> => {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
};

/** In the order of their numbers: on a clock that was set back their times run otherwise. */
const packetsOf = (timeline: TimelineEvent[]): PacketEvent[] =>
  timeline
    .filter((event): event is PacketEvent => event.kind === 'packet')
    .sort((one, other) => one.number - other.number);

const configurationOf = ({ id, files }: PlannedDaemon, version = ''): [path: string, text: string][] =>
  Object.entries(files).map(([path, text]) => [
    join(daemonFolder(id), version, relativePath(path, id)),
    text,
  ]);

/** A log for each daemon of the plan, though it said nothing, and for any other that spoke. */
const logsOf = ({ daemons }: Plan, timeline: TimelineEvent[]): [path: string, text: string][] => {
  const logs = new Map(daemons.map(({ id }) => [id, '']));
  for (const event of timeline)
    if (event.kind === 'log')
      logs.set(event.daemon, `${logs.get(event.daemon) ?? ''}${event.at.toFixed(3)} ${event.text}\n`);
  return [...logs].map(([id, text]) => [join(daemonFolder(id), 'log.txt'), text]);
};

const daemonFolder = (id: string): string => join('daemons', safeName(id));

/** Below the daemon's own folder, or else below the root. */
const relativePath = (path: string, id: string): string =>
  join(...path.split(`/${id}/`).at(-1)!.split('/').filter(Boolean).map(safeName));

/** A name that leads nowhere else, whatever is in it. */
const safeName = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').replace(/^\.+|^$/, '_');
