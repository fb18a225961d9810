/** A mistake in a lab, by its place in the data. The reader gives it its place in the file. */

export type Path = readonly (string | number)[];

export interface Problem {
  path: Path;
  /** The key at the path is meant, not its value. */
  atKey?: boolean;
  /** One clause: unknown network lt. */
  message: string;
  /** What may stand there. */
  expected?: string;
  /** What was probably meant. */
  suggestion?: string;
  /** Names of networks, nodes and probes that this rests on: where they are broken themselves, it is none. */
  about?: string[];
}

/** The value at a path; undefined where it leads nowhere. Own properties only. */
export const valueAt = (data: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    (value, key) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, key)
        ? (value as Record<string | number, unknown>)[key]
        : undefined,
    data,
  );

export const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
