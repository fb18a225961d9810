/** What a run leaves behind, as files: capture.pcapng, timeline.jsonl, plan.json, and each daemon's configuration and log. */
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Plan } from '../plan/plan.ts';
import type { Measurement } from '../testbed/measurement.ts';
import { pcapng } from './pcapng.ts';
import type { PacketEvent } from './timeline.ts';

/** `comments` say which probe a packet belongs to, by packet number. */
export const storeEvidence = async (folder: string, plan: Plan, { timeline, epochMs }: Measurement, comments: Map<number, string>): Promise<void> => {
  await mkdir(folder, { recursive: true });
  const packets = timeline.filter((event): event is PacketEvent => event.kind === 'packet');
  const ports = plan.nodes.flatMap(({ name, interfaces }) => interfaces.map(({ link }) => ({ link, node: name })));
  await writeFile(join(folder, 'capture.pcapng'), pcapng(packets, { ports, epochMs, comments }));
  await writeFile(join(folder, 'timeline.jsonl'), timeline.map((event) => `${JSON.stringify(event)}\n`).join(''));
  await writeFile(join(folder, 'plan.json'), `${JSON.stringify(plan, null, 2)}\n`);
  for (const { id, files } of plan.daemons) {
    const own = join(folder, 'daemons', fileName(id));
    await mkdir(own, { recursive: true });
    for (const [path, text] of Object.entries(files)) await writeFile(join(own, fileName(basename(path))), text);
    const log = timeline.flatMap((event) => (event.kind === 'log' && event.daemon === id ? [`${event.at} ${event.text}\n`] : []));
    await writeFile(join(own, 'log.txt'), log.join(''));
  }
};

/** A name of the lab as a name of a file, whatever is in it. */
const fileName = (name: string): string => name.replaceAll(/[^\w.-]/g, '_').replace(/^\.+/, '_');
