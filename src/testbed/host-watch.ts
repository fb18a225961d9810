/** The host under test as its own kernel tells it: netlink events into the timeline, and the tables they make. */
import { readFileSync } from 'node:fs';
import { decodeNetlink, dumpRequest } from '../evidence/netlink.ts';
import { applyEvent, emptyTables, type Tables } from '../evidence/tables.ts';
import type { TimelineEvent } from '../evidence/timeline.ts';
import type { Plan } from '../plan/plan.ts';
import { inNetwork, netlinkSocket, receive, send, whenReadable } from '../sys/libc.ts';
import { networkPath } from './places.ts';
import type { Recorder } from './recorder.ts';

export interface HostWatch {
  tables(): Tables;
  /** The text of /etc/resolv.conf in the host's own files. */
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
  return { tables: () => tables, resolvConf: () => resolvConf(node) };
};

/** The upper layer of the host's /etc: what anyone on it has written. */
const resolvConf = (node: string): string => {
  try {
    return readFileSync(`/run/miflab/upper/${node}/resolv.conf`, 'utf8');
  } catch {
    return '';
  }
};
