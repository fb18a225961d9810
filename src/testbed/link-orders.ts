/** What bring-up.ts asks of a kernel, as requests of rtnetlink(7). */
import type { Request } from '../evidence/netlink-messages.ts';
import { prefixLength } from '../plan/addresses.ts';
import { addressBytes } from '../plan/bytes.ts';
import { AF } from '../sys/libc.ts';

/** A request, and what it is in the words of ip(8), for when it is refused. */
export interface Order {
  request: Request;
  words: string;
}

interface Device {
  name: string;
  index: number;
}

const RTM_NEWLINK = 16;
const RTM_NEWADDR = 20;
const IFLA_MASTER = 10;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFF_UP = 0x1;

export const linkUp = ({ name, index }: Device): Order => ({
  request: { type: RTM_NEWLINK, object: linkObject(index, true), attributes: [] },
  words: `ip link set dev ${name} up`,
});

/** Into a bridge, and up or down. */
export const intoBridge = (port: Device, bridge: Device, up: boolean): Order => {
  const master = Buffer.alloc(4);
  master.writeUInt32LE(bridge.index);
  return {
    request: { type: RTM_NEWLINK, object: linkObject(port.index, up), attributes: [[IFLA_MASTER, master]] },
    words: `ip link set dev ${port.name} master ${bridge.name} ${up ? 'up' : 'down'}`,
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
export const addAddress = (address: string, { name, index }: Device): Order => {
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
