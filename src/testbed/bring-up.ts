/**
 * Links brought up and addresses given by netlink, from this process: 0.15 ms for a node, where the start of an
 * ip(8) in its namespace takes ten times that. Routes, rules and what a lab says in the words of ip(8) stay its.
 */
import { closeSync } from 'node:fs';
import { encodeRequests, messagesOf, type Request, readRefusal } from '../evidence/netlink-messages.ts';
import { prefixLength } from '../plan/addresses.ts';
import { addressBytes } from '../plan/bytes.ts';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import { AF, errnoName, inNetwork, netlinkSocket, receive, send } from '../sys/libc.ts';
import { LabFault } from './faults.ts';
import { FABRIC, networkPath } from './places.ts';

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const IFLA_MASTER = 10;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFF_UP = 0x1;
/** The loopback interface has it in every namespace. */
const LOOPBACK_INDEX = 1;
/** Requests sent at once, of at most 60 bytes each: the answers of all must fit into the socket. */
const AT_ONCE = 100;

/** A request, and what it is in the words of ip(8), for when it is refused. */
interface Order {
  request: Request;
  words: string;
}

/** The bridges, and the ports of everything that is plugged in from the beginning. */
export const bringUpFabric = ({ links, nodes }: Plan): void => {
  const bridges = new Map(links.flatMap(({ bridge }) => (bridge ? [[bridge.name, bridge.index]] : [])));
  const ports = nodes.flatMap(({ interfaces }) => interfaces.filter(({ port }) => port.bridge));
  obey(FABRIC, [
    ...[...bridges].map(([name, index]) => linkUp(name, index)),
    ...ports.map(({ port, plugged }) =>
      intoBridge(port.name, port.index, bridges.get(port.bridge!)!, plugged),
    ),
  ]);
};

/** Throws a LabFault that says what the kernel refused. */
export const bringUpNode = ({ name, managed, interfaces }: PlannedNode): void =>
  obey(name, [
    linkUp('lo', LOOPBACK_INDEX),
    ...(managed
      ? []
      : [
          ...interfaces.map(({ name: link, index }) => linkUp(link, index)),
          ...interfaces.flatMap(({ name: link, index, addresses }) =>
            addresses.map((address) => addAddress(address, link, index)),
          ),
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

const linkUp = (name: string, index: number): Order => ({
  request: { type: RTM_NEWLINK, object: linkObject(index, true), attributes: [] },
  words: `ip link set dev ${name} up`,
});

const intoBridge = (name: string, index: number, bridge: number, up: boolean): Order => {
  const master = Buffer.alloc(4);
  master.writeUInt32LE(bridge);
  return {
    request: { type: RTM_NEWLINK, object: linkObject(index, up), attributes: [[IFLA_MASTER, master]] },
    words: `ip link set dev ${name} master`,
  };
};

/** struct ifinfomsg (rtnetlink(7)). */
const linkObject = (index: number, up: boolean): Buffer => {
  const object = Buffer.alloc(16);
  object.writeInt32LE(index, 4);
  object.writeUInt32LE(up ? IFF_UP : 0, 8);
  object.writeUInt32LE(IFF_UP, 12);
  return object;
};

/** With struct ifaddrmsg (rtnetlink(7)). */
const addAddress = (address: string, name: string, index: number): Order => {
  const bytes = addressBytes(address);
  const object = Buffer.alloc(8);
  object.writeUInt8(bytes.length === 4 ? AF.INET : AF.INET6, 0);
  object.writeUInt8(prefixLength(address), 1);
  object.writeUInt32LE(index, 4);
  return {
    request: {
      type: RTM_NEWADDR,
      creates: true,
      object,
      attributes: [
        [IFA_LOCAL, bytes],
        [IFA_ADDRESS, bytes],
      ],
    },
    words: `ip addr add ${address} dev ${name}`,
  };
};
