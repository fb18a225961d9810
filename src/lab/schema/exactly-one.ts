import type { z } from 'zod';
import { isMap } from '../problem.ts';

/**
 * Of the kinds, a map must have exactly one. Asked also where other keys are wrong, so that a file shows all its
 * mistakes at once; but a map with an unknown key and no kind has misspelt its kind, which is reported already.
 */
export function exactlyOneOf<T extends z.ZodObject>(what: string, kinds: string[], schema: T): T {
  const kindsOf = (value: unknown) => kinds.filter((kind) => isMap(value) && Object.hasOwn(value, kind));
  return schema
    .refine((value) => kindsOf(value).length === 1, {
      params: { what, kinds },
      when: ({ value, issues }) =>
        isMap(value) &&
        (kindsOf(value).length > 0 ||
          !issues.some(({ code, path }) => code === 'unrecognized_keys' && !path?.length)),
    })
    .meta({ oneOf: kinds.map((kind) => ({ required: [kind] })) }) as T;
}
