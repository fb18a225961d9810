/**
 * The nodes around the host must be there before anything relies on them: a link whose carrier the kernel has not
 * taken up yet sends nothing, and an address that is tentative answers nobody. And the kernel of the host must have
 * taken note that its links are not plugged in: until then a manager that looks finds them running (dhcpcd 9.4 began
 * to configure them). Each node's kernel says when.
 */
import { closeSync, readFileSync } from 'node:fs';
import type { Tables } from '../evidence/tables.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import { inNetwork, whenReadable } from '../sys/libc.ts';
import { EvidenceFault } from './faults.ts';
import { watchNetlink } from './netlink.ts';
import { networkPath } from './places.ts';
import { type Recorder, type UntimedEvent, until } from './recorder.ts';

/** Longer than duplicate address detection takes with the kernel's own timers; reached only by a hang. */
const USABLE_MS = 30_000;

/** Throws an EvidenceFault that names what never got usable. */
export const untilNodesAreUsable = async (plan: Plan, recorder: Recorder): Promise<void> => {
  const late = plan.nodes.flatMap((node) => watchWhileLate(node, recorder));
  // One by one: to look at all of them at every event of any takes the square of their number.
  let usable = 0;
  const isAllUsable = () => {
    while (late[usable]?.lacks().length === 0) usable++;
    return usable === late.length || undefined;
  };
  if (!(await until(recorder, { ms: USABLE_MS }, isAllUsable)))
    throw new EvidenceFault(
      `not usable within ${USABLE_MS} ms: ${late.flatMap(({ lacks }) => lacks()).join('; ')}`,
    );
  for (const { end } of late) end();
};

interface Late {
  /** What the node still lacks, as far as its kernel has said. */
  lacks(): string[];
  end(): void;
}

/** Nothing for a node that is usable at the first look, as most are; the changes of any other go into the timeline. */
const watchWhileLate = (node: PlannedNode, recorder: Recorder): Late[] => {
  let looked = false;
  const watch = watchNetlink(node.name, ['links', 'addresses'], (change) => {
    if (looked) recorder.record({ node: node.name, ...change } as UntimedEvent);
  });
  looked = true;
  const linkLocals = linkLocalsOf(node);
  const lacks = () =>
    node.role === 'under-test'
      ? stillRunning(node, watch.tables())
      : lackOf(node, watch.tables(), linkLocals);
  if (lacks().length === 0) {
    closeSync(watch.fd);
    return [];
  }
  const ignore = whenReadable(watch.fd, watch.read);
  recorder.drain.push(watch.read);
  watch.read();
  const end = () => {
    ignore();
    recorder.drain.splice(recorder.drain.indexOf(watch.read), 1);
    closeSync(watch.fd);
  };
  return [{ lacks, end }];
};

/** Of the interfaces to which the kernel gives one. */
const linkLocalsOf = ({ name: node, interfaces }: PlannedNode): string[] =>
  inNetwork(networkPath(node), () =>
    interfaces
      .filter(
        ({ name }) => parameter(name, 'disable_ipv6') === '0' && parameter(name, 'addr_gen_mode') !== '1',
      )
      .map(({ linkLocal }) => linkLocal),
  );

const parameter = (name: string, key: string): string =>
  readFileSync(`/proc/sys/net/ipv6/conf/${name}/${key}`, 'utf8').trim();

const stillRunning = ({ name: node, interfaces }: PlannedNode, tables: Tables): string[] =>
  interfaces
    .filter(({ name, plugged }) => !plugged && tables.links.find((link) => link.interface === name)?.running)
    .map(({ name }) => `${node} takes ${name} for running`);

const lackOf = ({ name: node, interfaces }: PlannedNode, tables: Tables, linkLocals: string[]): string[] => [
  ...interfaces
    .filter(({ name }) => !tables.links.some((link) => link.interface === name && link.carrier))
    .map(({ name }) => `${node} has no carrier on ${name}`),
  ...tables.addresses
    .filter(({ flags }) => flags.includes('tentative'))
    .map(({ address }) => `${address} of ${node} is tentative`),
  ...linkLocals
    .filter((wanted) => !tables.addresses.some(({ address }) => address === wanted))
    .map((wanted) => `${node} has no ${wanted}`),
];
