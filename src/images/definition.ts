/** What images/user-lands.yaml says: of what each user land is made. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

/** Aliases for lists of packages stand within lists. */
const Packages = z.array(z.union([z.string(), z.array(z.string())])).transform((packages) => packages.flat());

const Definition = z.strictObject({
  description: z.string(),
  /** The Debian release. */
  debian: z.string().regex(/^[a-z]+$/),
  packages: Packages,
  /** Files that the packages bring and that the image must not have. */
  without: z.array(z.string().startsWith('/')).default([]),
});

const File = z.object({ images: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), Definition) });

export type Definition = z.infer<typeof Definition>;

const FILE = 'images/user-lands.yaml';

/** By name. @throws an Error that names the file, where it is none */
export const readDefinitions = (): Record<string, Definition> => {
  try {
    return File.parse(parse(readFileSync(FILE, 'utf8'))).images;
  } catch (error) {
    throw new Error(`${FILE}: ${(error as Error).message}`);
  }
};
