/** Which stacks can be measured on a machine as it is: their user land is built, and their programs are there. */
import { stackNamed, stackParts } from '../stacks/index.ts';
import type { Machine } from '../suite/needs.ts';

export interface AvailableStacks {
  available: string[];
  /** Each with what it lacks: connman@sid (the user land sid is not built). */
  leftOut: string[];
}

export async function availableStacks(names: string[], machine: Machine): Promise<AvailableStacks> {
  const images = [...new Set(names.flatMap((name) => stackParts(name).image ?? []))];
  const problems = new Map(
    await Promise.all(images.map(async (image) => [image, await machine.lackingImage(image)] as const)),
  );
  const lacks = names.map((name) => {
    const { stack, image } = stackParts(name);
    const problem = image === undefined ? undefined : problems.get(image);
    if (problem !== undefined) return problem;
    const { programs, build, foreign } = stackNamed(stack);
    if (foreign && image !== undefined) return 'it runs in no user land';
    const missing = [
      ...programs.filter((program) => !machine.hasProgram(program, image)),
      ...(build?.programs ?? []).filter((program) => !machine.hasProgram(program)),
      ...(build?.headers ?? []).filter((header) => !machine.hasHeader(header)),
    ];
    return missing.length > 0 ? `no ${missing.join(', no ')}` : undefined;
  });
  return {
    available: names.filter((_, index) => lacks[index] === undefined),
    leftOut: names.flatMap((name, index) => (lacks[index] === undefined ? [] : `${name} (${lacks[index]})`)),
  };
}
