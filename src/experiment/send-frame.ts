import { closeSync } from 'node:fs';
import { AF, inNetwork, interfaceIndex, packetAddress, SOCK, send, socket } from '../sys/libc.ts';
import { networkPath } from '../testbed/places.ts';

/** Sends a whole Ethernet frame out of an interface of a node, as written. */
export const sendFrame = (node: string, name: string, frame: Uint8Array): void =>
  inNetwork(networkPath(node), () => {
    const fd = socket(AF.PACKET, SOCK.RAW, 0);
    try {
      send(fd, frame, packetAddress(interfaceIndex(name)));
    } finally {
      closeSync(fd);
    }
  });
