/**
 * A container as a host of a lab. The engine cannot be told to use a network namespace of a lab; but one container
 * may share the network of another. So a first container, which runs nothing but nsenter(1) from the machine's own
 * files, enters the node's network, and the host's own container shares that.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import type Docker from 'dockerode';
import type { PlannedFile } from '../plan/plan.ts';
import type { WantedContainer } from './messages.ts';
import { OWNER_LABEL, ownOwner, RUN_LABEL } from './owner.ts';

export interface MadeContainer {
  host: Docker.Container;
  digest: string;
}

/** What the containers of a node share, and the engine would fill from the machine: written by the first of them. */
const SHARED = ['/etc/resolv.conf', '/etc/hosts'];

/** Made and started. Whoever calls removes what a failure leaves, by its labels. */
export const startContainer = async (engine: Docker, wanted: WantedContainer): Promise<MadeContainer> => {
  const network = await enterNetwork(engine, wanted);
  const { image, init, node, files } = wanted;
  const host = await engine.createContainer({
    Image: image,
    Labels: labelsOf(wanted),
    // A shell, which is the command of many an image, waits for its input and so stays.
    OpenStdin: true,
    Tty: init,
    Env: ['container=docker'],
    HostConfig: {
      NetworkMode: `container:${network.id}`,
      CapAdd: ['NET_ADMIN', 'NET_RAW', ...(init ? ['SYS_ADMIN'] : [])],
      ...(init && {
        Tmpfs: { '/run': '', '/run/lock': '', '/tmp': '' },
        Binds: ['/sys/fs/cgroup:/sys/fs/cgroup:ro'],
      }),
    },
  });
  await host.putArchive(
    await archiveOf({
      // DHCP identifiers and stable addresses come from it: they are the same in every run.
      '/etc/machine-id': `${createHash('md5').update(node).digest('hex')}\n`,
      ...Object.fromEntries(Object.entries(files).filter(([path]) => !SHARED.includes(path))),
    }),
    { path: '/' },
  );
  await host.start();
  for (const path of SHARED) await replaceShared(host, path, files[path]);
  return { host, digest: (await host.inspect()).Image };
};

/** The scripts are constants; what varies are their arguments. */
const ENTER = `
printf %s "$1" >/etc/resolv.conf && printf %s "$2" >/etc/hosts || exit
exec nsenter --net=/miflab-network -- /bin/sh -c 'echo entered; exec sleep infinity'
`;
const REPLACE = 'umount "$1" && ln -sf "$0" "$1"';

const enterNetwork = async (engine: Docker, wanted: WantedContainer): Promise<Docker.Container> => {
  const { image, node, pid, files } = wanted;
  const programs = ['/usr', '/bin', '/lib', '/lib64'].filter((path) => existsSync(path));
  const container = await engine.createContainer({
    // Any image serves: of its files none is run.
    Image: image,
    Labels: labelsOf(wanted),
    Hostname: node,
    User: '0',
    WorkingDir: '/',
    Entrypoint: ['/bin/sh'],
    Cmd: ['-c', ENTER, 'sh', ...SHARED.map((path) => textOf(files[path]))],
    HostConfig: {
      NetworkMode: 'none',
      CapAdd: ['SYS_ADMIN'],
      SecurityOpt: ['apparmor=unconfined'],
      Binds: [
        ...programs.map((path) => `${path}:${path}:ro`),
        `/proc/${pid}/root/run/netns/${node}:/miflab-network:ro`,
      ],
    },
  });
  const stream = await container.attach({ stream: true, stdout: true, stderr: true });
  const [output, errors] = [new PassThrough(), new PassThrough()];
  engine.modem.demuxStream(stream, output, errors);
  let said = '';
  errors.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const entered = once(createInterface({ input: output }), 'line');
  await container.start();
  const failed = container.wait().then(() => {
    throw new Error(`the network of ${node} cannot be entered: ${said.trim()}`);
  });
  failed.catch(() => {});
  await Promise.race([entered, failed]);
  return container;
};

/** A resolver that manages the file has it as a link into its own folder; the engine has mounted one over it. */
const replaceShared = async (
  host: Docker.Container,
  path: string,
  file: PlannedFile | undefined,
): Promise<void> => {
  if (file === undefined || typeof file === 'string' || !('link' in file)) return;
  const exec = await host.exec({ Cmd: ['/bin/sh', '-c', REPLACE, file.link, path], AttachStdout: true });
  const stream = await exec.start({});
  await once(stream.resume(), 'end');
  const { ExitCode } = await exec.inspect();
  if (ExitCode !== 0) throw new Error(`${path} cannot be made a link in the container: exit ${ExitCode}`);
};

const labelsOf = ({ run }: WantedContainer) => ({ [OWNER_LABEL]: ownOwner(), [RUN_LABEL]: run });

const textOf = (file: PlannedFile | undefined): string =>
  typeof file === 'string' ? file : file && 'text' in file ? file.text : '';

const archiveOf = async (files: Record<string, PlannedFile>): Promise<Readable> => {
  const archive = (await import('tar-stream')).pack();
  for (const [path, file] of Object.entries(files)) {
    const name = path.slice(1);
    if (typeof file !== 'string' && 'link' in file)
      archive.entry({ name, type: 'symlink', linkname: file.link });
    else archive.entry({ name, mode: typeof file === 'string' ? 0o644 : file.mode }, textOf(file));
  }
  archive.finalize();
  return Readable.from(archive);
};
