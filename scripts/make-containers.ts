// Gives the container engine the images that the tests use, without a registry: a user land that miflab has built,
// as it is (miflab:trixie), and with systemd as PID 1 (miflab:networkd).
import { openEngine } from '../src/containers/engine.ts';
import { rootFolder } from '../src/images/store.ts';
import { startMapped } from '../src/sys/sandbox.ts';

const engine = await openEngine();

/** Reads what the engine says to its end: what went wrong stands only there, and unread it keeps this program up. */
const finished = (stream: NodeJS.ReadableStream): Promise<void> =>
  new Promise((resolve, reject) => {
    engine.modem.followProgress(
      stream,
      (error) => (error ? reject(error) : resolve()),
      ({ stream: said = '' }: { stream?: string }) => process.stderr.write(said),
    );
  });

const importUserLand = async (name: string): Promise<void> => {
  // With the ids that its files have within a lab.
  const { started } = await startMapped(['tar', '-C', rootFolder(name), '--numeric-owner', '-c', '.']);
  started.stdin.end();
  await finished(
    await engine.importImage(started.stdout, { repo: 'miflab', tag: name, changes: 'CMD ["/bin/sh"]' }),
  );
  const { exitCode } = await started;
  if (exitCode !== 0) throw new Error(`the user land ${name} cannot be read: miflab image build ${name}`);
};

const buildImage = async (name: string): Promise<void> => {
  const dockerfile = `${name}.Dockerfile`;
  const stream = await engine.buildImage(
    { context: 'images/containers', src: [dockerfile] },
    { t: `miflab:${name}`, dockerfile, networkmode: 'none' },
  );
  await finished(stream);
};

await importUserLand('trixie');
await buildImage('networkd');
for (const image of ['miflab:trixie', 'miflab:networkd']) {
  const { Id } = await engine.getImage(image).inspect();
  console.log(`${image} ${Id}`);
}
