/** miflab schema: the JSON Schema of the lab language. */
import { jsonSchema } from '../lab/json-schema.ts';
import { ExitCode } from '../suite/exit-code.ts';

export async function schema(): Promise<number> {
  process.stdout.write(`${JSON.stringify(jsonSchema(), null, 2)}\n`);
  return ExitCode.ok;
}
