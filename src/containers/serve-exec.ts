/**
 * Programs in a container, asked for from within the lab: a socket in the lab's own file system, which goes with it.
 * The lab cannot enter the container's files, which belong to the machine's root.
 */
import { statSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type Docker from 'dockerode';
import { reasonOf } from './engine.ts';
import { asLine, type ExecAnswer, type ExecOrder, execSocket, type WantedContainer } from './messages.ts';

/** @throws where the lab is gone already */
export const serveExec = (host: Docker.Container, { pid, node }: WantedContainer): void => {
  const path = execSocket(node);
  asRootOfLab(`/proc/${pid}/root${dirname(path)}`, () =>
    createServer((socket) => serve(host, socket)).listen(basename(path)),
  );
};

/** In a folder of the lab's file system, which takes no file of an id that the lab does not have. Both are put back. */
const asRootOfLab = (folder: string, body: () => void): void => {
  const here = process.cwd();
  process.chdir(folder);
  try {
    const { uid, gid } = statSync('.');
    process.setegid!(gid);
    process.seteuid!(uid);
    body();
  } finally {
    process.seteuid!(0);
    process.setegid!(0);
    process.chdir(here);
  }
};

const serve = (host: Docker.Container, socket: Socket): void => {
  const tell = (answer: ExecAnswer): void => void socket.write(asLine(answer));
  let running: Docker.Exec | undefined;
  // The program in the lab that stands for it has been killed, and the one here with it.
  let isOver = false;
  socket.on('error', () => {});
  const signal = async (name: NodeJS.Signals): Promise<void> => {
    const { Pid, Running } = (await running?.inspect()) ?? { Pid: 0, Running: false };
    if (Running && Pid > 0) process.kill(Pid, name);
  };
  socket.once('close', () => isOver || void signal('SIGKILL').catch(() => {}));
  createInterface({ input: socket }).on('line', async (line) => {
    const order = JSON.parse(line) as ExecOrder;
    if (order.kind === 'signal') return void signal(order.signal).catch(() => {});
    try {
      running = await host.exec({ Cmd: order.command, AttachStdout: true, AttachStderr: true });
      const stream = await running.start({});
      host.modem.demuxStream(stream, output('stdout', tell), output('stderr', tell));
      stream.once('end', async () => {
        const { ExitCode } = await running!.inspect();
        isOver = true;
        tell({ kind: 'ended', code: ExitCode ?? 1 });
        socket.end();
      });
    } catch (error) {
      isOver = true;
      tell({ kind: 'output', stream: 'stderr', bytes: Buffer.from(reasonOf(error)).toString('base64') });
      tell({ kind: 'ended', code: NOT_STARTED });
      socket.end();
    }
  });
};

/** As a shell says that it found no program. */
const NOT_STARTED = 127;

const output = (stream: 'stdout' | 'stderr', tell: (answer: ExecAnswer) => void): Writable =>
  new Writable({
    write: (chunk: Buffer, _, done) => {
      tell({ kind: 'output', stream, bytes: chunk.toString('base64') });
      done();
    },
  });
