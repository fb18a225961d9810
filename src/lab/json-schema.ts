/** The JSON Schema of the lab language, for editors that complete and validate labs. Pure. */
import { z } from 'zod';
import { Lab } from './schema.ts';

/** Draft 7, which yaml-language-server reads. What a schema cannot say is left to `miflab check`. */
export function jsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(Lab, {
    target: 'draft-7',
    override: ({ jsonSchema }) => {
      // zod writes down that a whole number is one that JavaScript can hold.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
    },
  });
}
