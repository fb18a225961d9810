import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where miflab keeps what is made once. The root of a lab is nobody of the machine and cannot enter root's home:
 * there the cache is the system's.
 */
export const cacheFolder = (): string => join(userCache(), 'miflab');

const userCache = (): string =>
  process.env.XDG_CACHE_HOME || (process.getuid!() === 0 ? '/var/cache' : join(homedir(), '.cache'));
