/** The host under test as its kernel tells it, and its resolver configuration: every change goes into the timeline. */
import { existsSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { HostChange } from '../evidence/netlink.ts';
import type { Plan } from '../plan/plan.ts';
import { whenReadable } from '../sys/libc.ts';
import { plannedNode } from './lab.ts';
import { type NetlinkWatch, watchNetlink } from './netlink.ts';
import { pathOn } from './places.ts';
import type { Recorder, UntimedEvent } from './recorder.ts';

/** What the kernel of a host's network namespace tells of these objects, into the timeline or to whom it concerns. */
export const watchHost = (
  node: string,
  objects: Parameters<typeof watchNetlink>[1],
  recorder: Recorder,
  onChange = (change: HostChange) => recorder.record({ node, ...change } as UntimedEvent),
): Pick<NetlinkWatch, 'tables' | 'names'> => {
  const kernel = watchNetlink(node, objects, onChange);
  whenReadable(kernel.fd, kernel.read);
  recorder.drain.push(kernel.read);
  kernel.read();
  return kernel;
};

/** The text of the host's resolver configuration, as whoever writes it has left it. */
export const watchResolver = (plan: Plan, recorder: Recorder): (() => string) => {
  const { node, resolverFile } = plan.host;
  const place = plannedNode(plan, node);
  // The files of a container belong to the machine's root.
  if (place.container) return () => '';
  const file = pathOn(place, resolverFile);
  let text = '';
  const look = () => {
    const found = readIfThere(file);
    if (found === text) return;
    text = found;
    recorder.record({ kind: 'resolver', node, text });
  };
  watchFolder(dirname(file), look);
  recorder.drain.push(look);
  look();
  return () => text;
};

/** A daemon may make the folder only when it starts: until then the nearest one above is watched. */
const watchFolder = (folder: string, look: () => void): void => {
  let nearest = folder;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  const watcher = watch(nearest, () => {
    if (nearest !== folder && existsSync(folder)) {
      watcher.close();
      watchFolder(folder, look);
    }
    look();
  });
};

const readIfThere = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
};
