/**
 * The process that makes the containers of one orchestrator and removes them. It outlives the orchestrator: the end
 * of its standard input, whatever brings it about, is the end of all of them. It leads a session of its own, which no
 * Ctrl-C reaches. As every request to the engine is its own, none is under way that it does not know.
 */
import { createInterface } from 'node:readline';
import { startContainer } from './container.ts';
import { openEngine, reasonOf, removeContainer, removeOrphans } from './engine.ts';
import { asLine, type KeeperAnswer, type KeeperOrder, type WantedContainer } from './messages.ts';
import { OWNER_LABEL, ownOwner, RUN_LABEL } from './owner.ts';
import { serveExec } from './serve-exec.ts';

const engine = await openEngine();
const answer = (message: KeeperAnswer): void => void process.stdout.write(asLine(message));
// Whoever listened has gone.
process.stdout.on('error', () => {});

/** What is being started, by the run it belongs to. */
const starting = new Map<string, Promise<void>[]>();
/** Runs whose containers end because they are told to. */
const ending = new Set<string>();

const orphans = removeOrphans(engine);
// Where no engine answers, the first start says so.
orphans.catch(() => {});

const start = async (wanted: WantedContainer): Promise<void> => {
  const { run, node } = wanted;
  try {
    await orphans;
    const { host, digest } = await startContainer(engine, wanted);
    serveExec(host, wanted);
    answer({ kind: 'started', run, node, digest });
    void reportEnd(host, wanted);
  } catch (error) {
    answer({ kind: 'refused', run, node, message: reasonOf(error) });
  }
};

/** Of what a container said last, for the person who looks for the reason. */
const KEPT_LINES = 10;

const reportEnd = async (
  host: Awaited<ReturnType<typeof startContainer>>['host'],
  { run, node }: WantedContainer,
): Promise<void> => {
  const { StatusCode: code } = (await host.wait().catch(() => ({ StatusCode: 0 }))) as { StatusCode: number };
  if (ending.has(run)) return;
  const said = await host.logs({ stdout: true, stderr: true, tail: KEPT_LINES }).catch(() => Buffer.alloc(0));
  answer({ kind: 'ended', run, node, code, lastOutput: printable(said) });
};

/** Without the headers of the engine's frames, and without colours. */
const printable = (said: Buffer): string[] =>
  said
    .toString()
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
    .replaceAll(/\u001b\[[\d;]*\w|[\u0000-\u0009\u000b-\u001f]/g, '')
    .split('\n')
    .filter(Boolean);

const removeAll = async (label: string, runs: string[]): Promise<void> => {
  for (const run of runs) ending.add(run);
  await Promise.all(runs.flatMap((run) => starting.get(run) ?? []));
  const containers = await engine.listContainers({ all: true, filters: { label: [label] } });
  await Promise.all(containers.map(({ Id }) => removeContainer(engine, Id)));
};

const obey = async (order: KeeperOrder): Promise<void> => {
  if (order.kind === 'start') {
    const { run } = order.wanted;
    starting.set(run, [...(starting.get(run) ?? []), start(order.wanted)]);
    return;
  }
  await removeAll(`${RUN_LABEL}=${order.run}`, [order.run]);
  answer({ kind: 'removed', run: order.run });
};

const orders = createInterface({ input: process.stdin });
orders.on('line', (line) => void obey(JSON.parse(line) as KeeperOrder));
orders.once('close', async () => {
  await removeAll(`${OWNER_LABEL}=${ownOwner()}`, [...starting.keys()]);
  process.exit(0);
});
