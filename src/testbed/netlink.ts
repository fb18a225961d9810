/** What the kernel of a node tells of its links, addresses, routes and neighbours, and the tables they make. */
import { decodeNetlink, dumpRequest, type HostChange, type LinkNames } from '../evidence/netlink.ts';
import { applyEvent, emptyTables, type Tables } from '../evidence/tables.ts';
import type { NetlinkEvent } from '../evidence/timeline.ts';
import { inNetwork, netlinkSocket, receive, SystemError, send } from '../sys/libc.ts';
import { networkPath } from './places.ts';

export interface NetlinkWatch {
  fd: number;
  /** As of the last `read`. */
  tables(): Tables;
  /** Of the links, by their indexes. */
  names: LinkNames;
  /** Takes up what the kernel has said since. */
  read(): void;
}

/** RTM_GETLINK, GETADDR, GETROUTE, GETNEIGH, GETRULE (linux/rtnetlink.h). */
const DUMP = { links: 18, addresses: 22, routes: 26, neighbours: 30, rules: 34 } as const;
/** RTMGRP_LINK, NEIGH, and address, route and rule of both families. */
const GROUP = { links: 0x1, addresses: 0x110, routes: 0x440, neighbours: 0x4, rules: 0x40080 } as const;
const MAX_MESSAGE = 1 << 16;

/** Subscribed before it asks what is there, so that nothing is missed in between. */
export const watchNetlink = (
  node: string,
  objects: (keyof typeof GROUP)[],
  onChange: (change: HostChange) => void,
): NetlinkWatch => {
  const groups = objects.reduce((sum, object) => sum | GROUP[object], 0);
  const fd = inNetwork(networkPath(node), () => netlinkSocket(groups));
  const names = new Map<number, string>();
  const buffer = Buffer.alloc(MAX_MESSAGE);
  let tables = emptyTables();
  const read = () => {
    for (;;) {
      const length = receiveOrLose();
      if (length === undefined) return;
      for (const change of decodeNetlink(buffer.subarray(0, length), names)) {
        tables = applyEvent(tables, { at: 0, node, ...change } as NetlinkEvent);
        onChange(change);
      }
    }
  };
  /** Where more happened than the socket holds, what was missed shows in the tables alone. */
  const receiveOrLose = () => {
    try {
      return receive(fd, buffer);
    } catch (error) {
      if (!(error instanceof SystemError && error.code === 'ENOBUFS')) throw error;
      tables = emptyTables();
      dump();
      return undefined;
    }
  };
  // One dump at a time: the kernel answers a second request while one is under way with EBUSY.
  const dump = () => {
    for (const object of objects) {
      if (!(object in DUMP)) continue;
      send(fd, dumpRequest(DUMP[object as keyof typeof DUMP], 0));
      read();
    }
  };
  dump();
  return { fd, tables: () => tables, names, read };
};

/** Puts single questions to the kernel of a node, which has answered when the sending returns. */
export const kernelAnswer = (node: string): ((request: Uint8Array) => Promise<Uint8Array>) => {
  const fd = inNetwork(networkPath(node), () => netlinkSocket(0));
  const buffer = Buffer.alloc(MAX_MESSAGE);
  return async (request) => {
    send(fd, request);
    const length = receive(fd, buffer);
    return Buffer.from(buffer.subarray(0, length ?? 0));
  };
};
