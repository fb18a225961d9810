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

/** One that is no Debian: only its Dockerfile is made. */
const PulledDefinition = z.strictObject({ description: z.string(), base: z.string(), packages: Packages });

const Name = z.string().regex(/^[a-z][a-z0-9-]*$/);
const File = z.object({ images: z.record(Name, Definition), pulled: z.record(Name, PulledDefinition) });

export type Definition = z.infer<typeof Definition>;
export type PulledDefinition = z.infer<typeof PulledDefinition>;

const FILE = 'images/user-lands.yaml';

/** By name. @throws an Error that names the file, where it is none */
export const readDefinitions = (): Record<string, Definition> => readDefinitionFile().images;

/** With those for which there are only Dockerfiles. @throws as readDefinitions does */
export const readDefinitionFile = (): z.infer<typeof File> => {
  try {
    return File.parse(parse(readFileSync(FILE, 'utf8')));
  } catch (error) {
    throw new Error(`${FILE}: ${(error as Error).message}`);
  }
};
