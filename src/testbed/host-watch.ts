/** The host under test as its own kernel tells it: netlink events into the timeline, and the tables they make. */
import { existsSync, readFileSync, watch } from 'node:fs';
import { dirname } from 'node:path';
import { decodeNetlink, dumpRequest } from '../evidence/netlink.ts';
import { applyEvent, emptyTables, type Tables } from '../evidence/tables.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import { inNetwork, netlinkSocket, receive, send, whenReadable } from '../sys/libc.ts';
import { plannedNode } from './lab.ts';
import { networkPath, pathOn } from './places.ts';
import type { Recorder } from './recorder.ts';

export interface HostWatch {
  tables(): Tables;
  /** The text of the host's resolver configuration. */
  resolvConf(): string;
}

/** RTMGRP_LINK, NEIGH, and address, route and rule of both families (linux/rtnetlink.h). */
const GROUPS = 0x1 | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x400 | 0x40000;
const RTM = { GETLINK: 18, GETADDR: 22, GETROUTE: 26, GETNEIGH: 30 } as const;
const MAX_MESSAGE = 1 << 16;

export const watchHost = (plan: Plan, recorder: Recorder): HostWatch => {
  const { name: node } = plan.nodes.find(({ role }) => role === 'under-test')!;
  const fd = inNetwork(networkPath(node), () => netlinkSocket(GROUPS));
  const names = new Map<number, string>();
  const buffer = Buffer.alloc(MAX_MESSAGE);
  let tables = emptyTables();
  const drain = () => {
    for (;;) {
      const length = receive(fd, buffer);
      if (length === undefined) return;
      for (const event of decodeNetlink(buffer.subarray(0, length), names)) {
        const at = recorder.elapsed();
        const whole = { at, node, ...event } as TimelineEvent & { kind: 'netlink' };
        tables = applyEvent(tables, whole);
        recorder.record(whole, at);
      }
    }
  };
  whenReadable(fd, drain);
  recorder.drain.push(drain);
  // One dump at a time: the kernel answers a second request while one is under way with EBUSY.
  for (const request of [RTM.GETLINK, RTM.GETADDR, RTM.GETROUTE, RTM.GETNEIGH]) {
    send(fd, dumpRequest(request, 0));
    drain();
  }
  return { tables: () => tables, resolvConf: watchResolver(plan, recorder) };
};

/** Every change of the host's resolver configuration goes into the timeline, whoever writes it. */
const watchResolver = (plan: Plan, recorder: Recorder): (() => string) => {
  const { node, resolverFile } = plan.host;
  const file = pathOn(plannedNode(plan, node), resolverFile);
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
