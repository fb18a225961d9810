/** The machine's container engine. dockerode is large, and loaded only where a lab has a container. */
import type Docker from 'dockerode';
import { isGone, OWNER_LABEL } from './owner.ts';

export const openEngine = async (): Promise<Docker> => new (await import('dockerode')).default();

/** In place of the name of an image: whether there is an engine at all. */
export const ANY_IMAGE = '';

/** Its root is the machine's root: a stranger's lab must not get one unasked. */
const ALLOWED = 'MIFLAB_CONTAINERS';

/** Why no container of this image can be made for a lab; undefined where it can. Nothing is ever pulled. */
export const lackingContainer = async (
  image: string,
): Promise<{ reason: string; remedy: string } | undefined> => {
  if (process.getuid!() !== 0)
    return {
      reason: 'a container is made by an engine that belongs to root, and cannot enter the lab of a user',
      remedy: 'run miflab as root',
    };
  if (process.env[ALLOWED] !== 'allow')
    return {
      reason: "a container's root is the machine's root, and containers are not allowed",
      remedy: `${ALLOWED}=allow miflab run, for labs that you trust`,
    };
  const engine = await openEngine();
  try {
    await engine.ping();
  } catch (error) {
    return {
      reason: `no container engine answers (${(error as Error).message})`,
      remedy: 'apt-get install docker.io',
    };
  }
  if (image === ANY_IMAGE) return undefined;
  try {
    await engine.getImage(image).inspect();
    return undefined;
  } catch (error) {
    return {
      reason: `the container engine has no image ${image} (${reasonOf(error)})`,
      remedy: `docker pull ${image}`,
    };
  }
};

/** What the engine says, without the status code around it. */
export const reasonOf = (error: unknown): string => {
  const { json, message } = error as Error & { json?: { message?: string } };
  return json?.message ?? message;
};

/** Removes the containers whose owner has gone: not even its keeper was left to do so. */
export const removeOrphans = async (engine: Docker): Promise<void> => {
  const containers = await engine.listContainers({ all: true, filters: { label: [OWNER_LABEL] } });
  const orphans = containers.filter(({ Labels }) => isGone(Labels[OWNER_LABEL]!));
  await Promise.all(orphans.map(({ Id }) => removeContainer(engine, Id)));
};

/** One that has gone already, or is going, is no mistake. */
export const removeContainer = async (engine: Docker, id: string): Promise<void> => {
  await engine
    .getContainer(id)
    .remove({ force: true, v: true })
    .catch((error: { statusCode?: number }) => {
      if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
    });
};
