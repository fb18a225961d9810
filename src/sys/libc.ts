/**
 * The C library, as far as Node has no words for it: entering a network namespace, packet and netlink sockets,
 * socket options. The only place that uses FFI; every call is synchronous and on the main thread (koffi's
 * asynchronous calls run on libuv's pool, whose threads stay in the namespace they were born in).
 */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { constants } from 'node:os';
import koffi from 'koffi';

const libc = koffi.load(null);

/** struct ifreq as SIOCETHTOOL reads it: a name, and where the command lies. */
koffi.struct('EthtoolRequest', { name: koffi.array('char', 16), command: 'void *' });

const c = {
  setns: libc.func('int setns(int fd, int nstype)'),
  setfsuid: libc.func('int setfsuid(uint32_t uid)'),
  socket: libc.func('int socket(int domain, int type, int protocol)'),
  bind: libc.func('int bind(int fd, const void *address, uint32_t length)'),
  connect: libc.func('int connect(int fd, const void *address, uint32_t length)'),
  setsockopt: libc.func('int setsockopt(int fd, int level, int name, const void *value, uint32_t length)'),
  getsockopt: libc.func(
    'int getsockopt(int fd, int level, int name, _Out_ void *value, _Inout_ uint32_t *length)',
  ),
  getsockname: libc.func('int getsockname(int fd, _Out_ void *address, _Inout_ uint32_t *length)'),
  sendto: libc.func(
    'long sendto(int fd, const void *data, size_t length, int flags, const void *address, uint32_t addressLength)',
  ),
  recvfrom: libc.func(
    'long recvfrom(int fd, _Out_ void *data, size_t length, int flags, _Out_ void *address, _Inout_ uint32_t *addressLength)',
  ),
  recv: libc.func('long recv(int fd, _Out_ void *data, size_t length, int flags)'),
  prctl: libc.func('int prctl(int option, unsigned long argument)'),
  fcntl: libc.func('int fcntl(int fd, int command, long argument)'),
  mmap: libc.func('void *mmap(void *address, size_t length, int protection, int flags, int fd, long offset)'),
  madvise: libc.func('int madvise(void *address, size_t length, int advice)'),
  clockGettime: libc.func('int clock_gettime(int clock, _Out_ int64_t *time)'),
  ioctl: libc.func('int ioctl(int fd, unsigned long request, EthtoolRequest *argument)'),
  ifNameToIndex: libc.func('uint32_t if_nametoindex(const char *name)'),
};

/** A system call that failed: `code` is the errno name, ENETUNREACH. */
export class SystemError extends Error {
  readonly code: string;
  constructor(call: string, errno: number) {
    const code = errnoName(errno);
    super(`${call}: ${code}`);
    this.code = code;
  }
}

/** ENETUNREACH of its number. */
export const errnoName = (errno: number): string =>
  Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;

const checked = (call: string, result: number): number => {
  if (result < 0) throw new SystemError(call, koffi.errno());
  return result;
};

const u32 = (...values: number[]): Buffer => Buffer.from(Uint32Array.from(values).buffer);

const CLONE_NEWNET = 0x40000000;
export const AF = { INET: 2, INET6: 10, NETLINK: 16, PACKET: 17 } as const;
export const SOCK = { STREAM: 1, DGRAM: 2, RAW: 3 } as const;
const SOCK_CLOEXEC = 0o2000000;
const SOCK_NONBLOCK = 0o4000;
const O_NONBLOCK = 0o4000;
const O_ASYNC = 0o20000;
const SOL_SOCKET = 1;
const SO = { ERROR: 4, REUSEADDR: 2, BINDTODEVICE: 25, MARK: 36, RCVBUFFORCE: 33 } as const;
const SOL_PACKET = 263;
const PACKET = { RX_RING: 5, STATISTICS: 6, VERSION: 10, IGNORE_OUTGOING: 23 } as const;

/**
 * From now on no process may look into this one's memory or take its descriptors (ptrace(2), pidfd_getfd(2),
 * /proc/PID/fd) unless it has CAP_SYS_PTRACE, and programs that it starts get their standard descriptors alone:
 * whoever started miflab may have left others open, and Node closes those up to 15.
 */
export const closeToOthers = (): void => {
  const PR_SET_DUMPABLE = 4;
  const F_SETFD = 2;
  const FD_CLOEXEC = 1;
  checked('PR_SET_DUMPABLE', c.prctl(PR_SET_DUMPABLE, 0));
  for (const fd of readdirSync('/proc/self/fd').map(Number)) if (fd > 2) c.fcntl(fd, F_SETFD, FD_CLOEXEC);
};

/** Runs a function with the process in another network namespace; sockets made there stay there. */
export const inNetwork = <T>(path: string, body: () => T): T => {
  const here = openSync('/proc/self/ns/net', 'r');
  const there = openSync(path, 'r');
  try {
    checked('setns', c.setns(there, CLONE_NEWNET));
    try {
      return body();
    } finally {
      checked('setns', c.setns(here, CLONE_NEWNET));
    }
  } finally {
    closeSync(there);
    closeSync(here);
  }
};

/** Sockets made inside belong to this user id: the kernel takes it from the file system id of the thread. */
export const asUser = <T>(user: number | undefined, body: () => T): T => {
  if (user === undefined) return body();
  c.setfsuid(user);
  try {
    return body();
  } finally {
    c.setfsuid(0);
  }
};

/** CLOCK_REALTIME in milliseconds, with nanoseconds behind the point: the clock of captured packets. */
export const now = (): number => {
  const time = new BigInt64Array(2);
  c.clockGettime(0, time);
  return Number(time[0]) * 1e3 + Number(time[1]) / 1e6;
};

export const socket = (domain: number, type: number, protocol = 0): number =>
  checked('socket', c.socket(domain, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol));

export const bind = (fd: number, address: Uint8Array): void =>
  void checked('bind', c.bind(fd, address, address.length));

/** A TCP socket that is under way (EINPROGRESS) is no error. */
export const connect = (fd: number, address: Uint8Array): void => {
  if (c.connect(fd, address, address.length) < 0 && koffi.errno() !== constants.errno.EINPROGRESS)
    throw new SystemError('connect', koffi.errno());
};

export const send = (fd: number, data: Uint8Array, address?: Uint8Array): void =>
  void checked('sendto', c.sendto(fd, data, data.length, 0, address ?? null, address?.length ?? 0));

export const socketAddress = (fd: number): Uint8Array => {
  const address = Buffer.alloc(128);
  checked('getsockname', c.getsockname(fd, address, [address.length]));
  return address;
};

/** The error that a socket has waiting: of a TCP connect, or an ICMP error. */
export const pendingError = (fd: number): string | undefined => {
  const value = Buffer.alloc(4);
  checked('getsockopt', c.getsockopt(fd, SOL_SOCKET, SO.ERROR, value, [4]));
  const errno = value.readInt32LE();
  return errno === 0 ? undefined : errnoName(errno);
};

const setOption = (fd: number, level: number, name: number, value: Uint8Array, what: string): void =>
  void checked(what, c.setsockopt(fd, level, name, value, value.length));

export const setReuseAddress = (fd: number): void =>
  setOption(fd, SOL_SOCKET, SO.REUSEADDR, u32(1), 'SO_REUSEADDR');
export const setMark = (fd: number, mark: number): void =>
  setOption(fd, SOL_SOCKET, SO.MARK, u32(mark), 'SO_MARK');
export const bindToDevice = (fd: number, name: string): void =>
  setOption(fd, SOL_SOCKET, SO.BINDTODEVICE, Buffer.from(`${name}\0`), 'SO_BINDTODEVICE');

/** IP_TTL, or IPV6_UNICAST_HOPS. */
export const setHopLimit = (fd: number, domain: number, hops: number): void =>
  domain === AF.INET6
    ? setOption(fd, 41, 16, u32(hops), 'IPV6_UNICAST_HOPS')
    : setOption(fd, 0, 2, u32(hops), 'IP_TTL');

/** IP_FREEBIND, IPV6_FREEBIND: an address may be bound before it is usable. */
export const setFreeBind = (fd: number, domain: number): void =>
  domain === AF.INET6
    ? setOption(fd, 41, 78, u32(1), 'IPV6_FREEBIND')
    : setOption(fd, 0, 15, u32(1), 'IP_FREEBIND');

const htons = (value: number): number => ((value & 255) << 8) | (value >> 8);

/** struct sockaddr_in or sockaddr_in6. The address as bytes in network order. */
export const inetAddress = (bytes: Uint8Array, port: number, scopeId = 0): Uint8Array => {
  const isIpv6 = bytes.length === 16;
  const address = Buffer.alloc(isIpv6 ? 28 : 16);
  address.writeUInt16LE(isIpv6 ? AF.INET6 : AF.INET, 0);
  address.writeUInt16LE(htons(port), 2);
  address.set(bytes, isIpv6 ? 8 : 4);
  if (isIpv6) address.writeUInt32LE(scopeId, 24);
  return address;
};

/**
 * Checksums of what an interface sends are computed before it is sent, as a network card does. A veth leaves them to
 * a receiver that knows, and a DHCP client on a raw socket (connman) takes such packets for damaged ones.
 */
export const sendWholeChecksums = (name: string): void => {
  const SIOCETHTOOL = 0x8946;
  const ETHTOOL_STXCSUM = 0x17;
  const fd = socket(AF.INET, SOCK.DGRAM);
  try {
    checked('ETHTOOL_STXCSUM', c.ioctl(fd, SIOCETHTOOL, { name, command: u32(ETHTOOL_STXCSUM, 0) }));
  } finally {
    closeSync(fd);
  }
};

export const interfaceIndex = (name: string): number => c.ifNameToIndex(name);

/** Data that waits on a socket, or undefined where none does. */
export const receive = (fd: number, buffer: Uint8Array): number | undefined => {
  const length = Number(c.recv(fd, buffer, buffer.length, 0));
  if (length >= 0) return length;
  const errno = koffi.errno();
  if (errno === constants.errno.EAGAIN) return undefined;
  throw new SystemError('recv', errno);
};

/** A datagram that waits on a socket, and whom it is from as the kernel writes it. */
export const receiveFrom = (
  fd: number,
  buffer: Uint8Array,
): { length: number; from: Uint8Array } | undefined => {
  const address = Buffer.alloc(28);
  const addressLength = [address.length];
  const length = Number(c.recvfrom(fd, buffer, buffer.length, 0, address, addressLength));
  return length < 0 ? undefined : { length, from: address.subarray(0, addressLength[0]) };
};

const readers = new Set<() => void>();

const readAll = (): void => {
  for (const read of readers) read();
};

/**
 * Calls `read` from now on whenever the socket has something to read: by SIGIO, for Node can watch no raw
 * descriptor, but it can watch a signal. Nothing polls, and no thread waits. One reader may read several sockets.
 * Returns what ends the reader, which must be before its sockets are closed.
 */
export const whenReadable = (fd: number, read: () => void): (() => void) => {
  const F_SETFL = 4;
  const F_SETOWN = 8;
  readers.add(read);
  // First the handler: a packet before it would end the process, which is what SIGIO does to one that expects none.
  if (process.listenerCount('SIGIO') === 0) process.on('SIGIO', readAll);
  checked('F_SETOWN', c.fcntl(fd, F_SETOWN, process.pid));
  checked('F_SETFL', c.fcntl(fd, F_SETFL, O_NONBLOCK | O_ASYNC));
  return () => readers.delete(read);
};

/** A NETLINK_ROUTE socket that hears the given multicast groups (a bit mask). */
export const netlinkSocket = (groups: number): number => {
  const fd = socket(AF.NETLINK, SOCK.RAW, 0);
  // Needs a right over the machine on older kernels; without it the buffer is as large as net.core.rmem_default.
  c.setsockopt(fd, SOL_SOCKET, SO.RCVBUFFORCE, u32(1 << 20), 4);
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF.NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  bind(fd, address);
  return fd;
};

/** A packet socket that sends whole frames out of one interface. */
export const packetAddress = (index: number): Uint8Array => {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF.PACKET, 0);
  address.writeInt32LE(index, 4);
  return address;
};

export interface PacketRing {
  fd: number;
  bytes: Buffer;
  frameSize: number;
  frames: number;
}

const ETH_P_ALL = 3;

/** A packet socket with a receive ring (TPACKET_V2, packet_mmap(7)) over all interfaces of this namespace. */
export const packetRing = (frameSize: number, frames: number, direction: 'incoming' | 'both'): PacketRing => {
  const TPACKET_V2 = 1;
  const fd = socket(AF.PACKET, SOCK.RAW, 0);
  setOption(fd, SOL_PACKET, PACKET.VERSION, u32(TPACKET_V2), 'PACKET_VERSION');
  if (direction === 'incoming')
    setOption(fd, SOL_PACKET, PACKET.IGNORE_OUTGOING, u32(1), 'PACKET_IGNORE_OUTGOING');
  const blockSize = 1 << 16;
  const size = frameSize * frames;
  setOption(
    fd,
    SOL_PACKET,
    PACKET.RX_RING,
    u32(blockSize, size / blockSize, frameSize, frames),
    'PACKET_RX_RING',
  );
  const PROT_READ_WRITE = 3;
  const MAP_SHARED = 1;
  const memory = c.mmap(null, size, PROT_READ_WRITE, MAP_SHARED, fd, 0);
  // No child reads it, and User-mode Linux counts the pages of a copy wrongly ("Bad page map", 6.12).
  const MADV_DONTFORK = 10;
  checked('MADV_DONTFORK', c.madvise(memory, size, MADV_DONTFORK));
  const address = Buffer.from(packetAddress(0));
  address.writeUInt16LE(htons(ETH_P_ALL), 2);
  bind(fd, address);
  return { fd, bytes: Buffer.from(koffi.view(memory, size)), frameSize, frames };
};

/** Packets seen and packets dropped since the last call. */
export const packetStatistics = (fd: number): { seen: number; dropped: number } => {
  const value = Buffer.alloc(8);
  checked('PACKET_STATISTICS', c.getsockopt(fd, SOL_PACKET, PACKET.STATISTICS, value, [8]));
  return { seen: value.readUInt32LE(0), dropped: value.readUInt32LE(4) };
};
