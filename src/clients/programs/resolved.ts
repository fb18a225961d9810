/** systemd-resolved through its varlink socket (io.systemd.Resolve); tells one line of JSON. `resolved.js QUESTION WORDS…` */
import { once } from 'node:events';
import { connect, isIP, SocketAddress } from 'node:net';

const SOCKET = '/run/systemd/resolve/io.systemd.Resolve';
const AF = { ipv4: 2, ipv6: 10, any: 0 } as const;

interface Reply {
  error?: string;
  parameters: {
    addresses?: { family: number; address: number[] }[];
    names?: { name: string }[];
    rcode?: number;
  };
}

/** A message ends with a zero byte. A resolved that is not there, or hangs up, ends the program: that is no answer. */
const call = async (method: string, parameters: object): Promise<Reply> => {
  const socket = connect(SOCKET);
  await once(socket, 'connect');
  socket.write(`${JSON.stringify({ method: `io.systemd.Resolve.${method}`, parameters })}\0`);
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (text.includes('\0')) return JSON.parse(text.slice(0, text.indexOf('\0'))) as Reply;
  }
  throw new Error('resolved hung up');
};

const [question, word, family = 'any'] = process.argv.slice(2) as [string, string, keyof typeof AF];

const reply =
  question === 'reverse'
    ? await call('ResolveAddress', { family: isIP(word) === 6 ? AF.ipv6 : AF.ipv4, address: bytesOf(word) })
    : await call('ResolveHostname', { name: word, family: AF[family] });

const { error, parameters } = reply;
const answer = error
  ? { error: [error, parameters.rcode].filter((part) => part !== undefined).join(' ') }
  : {
      addresses: parameters.addresses?.map(({ address }) => textOf(address)),
      names: parameters.names?.map(({ name }) => name),
    };
process.stdout.write(`${JSON.stringify(answer)}\n`);
process.exit(error ? 2 : 0);

function bytesOf(address: string): number[] {
  if (isIP(address) === 4) return address.split('.').map(Number);
  const [head = '', tail] = address.split('::');
  const groups = (part: string) => part.split(':').filter(Boolean);
  const left = groups(head);
  const right = groups(tail ?? '');
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right].flatMap((group) => {
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 255];
  });
}

function textOf(bytes: number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  const hex = Buffer.from(bytes).toString('hex').match(/.{4}/g)!.join(':');
  return new SocketAddress({ family: 'ipv6', address: hex }).address;
}
