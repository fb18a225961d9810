/**
 * Links brought up and addresses given by netlink, from this process: 0.15 ms for a node, where the start of an
 * ip(8) in its namespace takes ten times that. Routes, rules and what a lab says in the words of ip(8) stay its.
 */
import { closeSync } from 'node:fs';
import { encodeRequests, messagesOf, readRefusal } from '../evidence/netlink-messages.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import { errnoName, inNetwork, netlinkSocket, receive, send } from '../sys/libc.ts';
import { LabFault } from './faults.ts';
import { addAddress, intoBridge, linkUp, type Order } from './link-orders.ts';
import { FABRIC, networkPath } from './places.ts';

/** It has this index in every namespace. */
const LOOPBACK = { name: 'lo', index: 1 };
/** Requests sent at once, of at most 60 bytes each: the answers of all must fit into the socket. */
const AT_ONCE = 100;

/** The bridges, and the ports of everything that is plugged in from the beginning. */
export const bringUpFabric = ({ links, nodes }: Plan): void => {
  const bridges = new Map(links.flatMap(({ bridge }) => (bridge ? [[bridge.name, bridge]] : [])));
  const ports = nodes.flatMap(({ interfaces }) => interfaces.filter(({ port }) => port.bridge));
  obey(FABRIC, [
    ...[...bridges.values()].map(linkUp),
    ...ports.map(({ port, plugged }) => intoBridge(port, bridges.get(port.bridge!)!, plugged)),
  ]);
};

/** Throws a LabFault that says what the kernel refused. */
export const bringUpNode = ({ name, managed, interfaces }: PlannedNode): void =>
  obey(name, [
    linkUp(LOOPBACK),
    ...(managed
      ? []
      : [
          ...interfaces.map(linkUp),
          ...interfaces.flatMap((own) => own.addresses.map((address) => addAddress(address, own))),
        ]),
  ]);

const obey = (node: string, orders: Order[]): void => {
  const fd = inNetwork(networkPath(node), () => netlinkSocket(0));
  try {
    for (let first = 0; first < orders.length; first += AT_ONCE)
      obeyAtOnce(fd, node, orders.slice(first, first + AT_ONCE));
  } finally {
    closeSync(fd);
  }
};

/** The kernel has done it, or answered, when the sending returns. */
const obeyAtOnce = (fd: number, node: string, orders: Order[]): void => {
  send(fd, encodeRequests(orders.map(({ request }) => request)));
  const answer = Buffer.alloc(1 << 16);
  for (let length = receive(fd, answer); length !== undefined; length = receive(fd, answer))
    for (const message of messagesOf(answer.subarray(0, length))) {
      const refusal = readRefusal(message);
      if (refusal)
        throw new LabFault(`${orders[refusal.request]!.words} on ${node}: ${errnoName(refusal.errno)}`);
    }
};
