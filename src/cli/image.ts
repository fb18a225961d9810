import { buildImage } from '../images/build.ts';
import { type Definition, readDefinitions } from '../images/definition.ts';
import {
  builtImages,
  digestOf,
  type Image,
  readImage,
  removeImage,
  rootFolder,
  unusable,
} from '../images/store.ts';
import { closest } from '../lab/closest.ts';
import type { Need } from '../plan/plan.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { thisMachine } from '../suite/machine.ts';
import { missingOn } from '../suite/needs.ts';
import { columns } from './columns.ts';
import { report } from './doctor.ts';
import { UsageError } from './usage-error.ts';

const NEEDS: Need[] = [
  { kind: 'program', name: 'mmdebstrap', for: 'the making of user lands' },
  { kind: 'ids', name: 'range', for: 'the making of user lands' },
];

/** Builds user lands, one after the other, whatever becomes of those before; what mmdebstrap says goes to standard error. */
export async function build(
  names: string[],
  { allowExpired = false }: { allowExpired?: boolean } = {},
): Promise<ExitCode> {
  const definitions = readDefinitions();
  const wanted = names.map((name) => [name, definitionOf(name, definitions)] as const);
  const missing = await missingOn(thisMachine, NEEDS);
  if (missing.length > 0) {
    process.stderr.write(report(missing));
    return ExitCode.machine;
  }
  let failed = false;
  for (const [name, definition] of wanted) {
    try {
      const image = await buildImage(name, definition, {
        onLine: (line) => process.stderr.write(`${name}: ${line}\n`),
        allowExpired,
      });
      process.stdout.write(`built ${name}: ${shortDigest(image)}\n`);
    } catch (error) {
      process.stderr.write(`${name} was not built: ${notBuilt((error as Error).message)}\n`);
      failed = true;
    }
  }
  return failed ? ExitCode.machine : ExitCode.ok;
}

/** What apt says of an old index, with what to do about it. */
const notBuilt = (message: string): string =>
  /Release file .* is expired/.test(message)
    ? `${message}\nWhere the mirror lags behind, --allow-expired takes it (make images FLAGS=--allow-expired).`
    : message;

/** Prints a line per user land: its name, its digest or why it cannot serve, and what it is. */
export async function list({ verify = false }: { verify?: boolean }): Promise<ExitCode> {
  const definitions = readDefinitions();
  const built = builtImages();
  const unbuilt = Object.keys(definitions).filter((name) => !built.some((image) => image.name === name));
  const problems = await Promise.all(built.map((image) => problemOf(image, verify)));
  process.stdout.write(
    columns([
      ...built.map((image, index) => [image.name, problems[index] ?? shortDigest(image), image.description]),
      ...unbuilt.map((name) => [name, 'not built', definitions[name]!.description]),
    ]),
  );
  return problems.some((problem) => problem !== undefined) ? ExitCode.machine : ExitCode.ok;
}

const problemOf = async (image: Image, verify: boolean): Promise<string | undefined> =>
  (await unusable(image.name)) ??
  (verify && (await digestOf(rootFolder(image.name))) !== image.digest
    ? 'its files differ from its digest'
    : undefined);

export async function remove(names: string[]): Promise<ExitCode> {
  for (const name of names) if (!readImage(name)) throw new UsageError(`the user land ${name} is not built`);
  for (const name of names) await removeImage(name);
  return ExitCode.ok;
}

/** @throws UsageError for a name that nothing defines */
function definitionOf(name: string, definitions: Record<string, Definition>): Definition {
  const definition = definitions[name];
  if (definition) return definition;
  const meant = closest(name, Object.keys(definitions));
  throw new UsageError(
    `no user land ${name}: ${meant ? `did you mean ${meant}?` : `there is ${Object.keys(definitions).join(', ')}`}`,
  );
}

/** Enough to tell builds apart at a glance. */
const shortDigest = ({ digest }: Image): string => digest.slice(0, 12);
