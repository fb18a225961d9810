/**
 * The process that works in a guest: it is told which plans to run on the channel, the device that its argument
 * names, runs each in a sandbox as miflab does on its own machine, and passes on what the lab processes tell.
 */
import { createReadStream, openSync, readFileSync, writeSync } from 'node:fs';
import { release } from 'node:os';
import { createInterface } from 'node:readline';
import { lackingFeatures } from '../suite/machine.ts';
import { runInSandbox } from '../testbed/measure.ts';
import type { LabOrder } from '../testbed/messages.ts';
import type { GuestMessage, GuestOrder } from './messages.ts';

const HEARTBEAT_MS = 1000;

const [path] = process.argv.slice(2) as [string];
const channel = openSync(path, 'r+');

const tell = (message: GuestMessage): void => void writeSync(channel, `${JSON.stringify(message)}\n`);

const running = new Map<number, AbortController>();

const obey = async (order: GuestOrder): Promise<void> => {
  const { id } = order;
  if (order.kind === 'abort') running.get(id)?.abort();
  else if (order.kind === 'features')
    tell({ kind: 'lacking', id, names: await lackingFeatures(order.names) });
  else {
    const controller = new AbortController();
    running.set(id, controller);
    try {
      const pass = (message: Parameters<Parameters<typeof runInSandbox>[1]>[0]) =>
        tell({ kind: 'lab', id, message });
      tell({ kind: 'ended', id, said: await runInSandbox(read(order.file), pass, controller.signal) });
    } finally {
      running.delete(id);
    }
  }
};

const read = (file: string): LabOrder => JSON.parse(readFileSync(file, 'utf8')) as LabOrder;

tell({ kind: 'hello', release: release() });
setInterval(() => tell({ kind: 'alive' }), HEARTBEAT_MS);
// A file stream: of a terminal Node would make one that echoes and edits.
createInterface({ input: createReadStream('', { fd: channel }) }).on('line', (line) => {
  const order = JSON.parse(line) as GuestOrder;
  obey(order).catch((error: Error) => tell({ kind: 'refused', id: order.id, reason: error.message }));
});
