/** Writes what comes from the schema of the lab language, from the labs and from the definitions of user lands: node --import tsx scripts/generate-docs.ts */
import { readFile, writeFile } from 'node:fs/promises';
import { readDefinitionFile } from '../src/images/definition.ts';
import { dockerfiles } from '../src/images/dockerfile.ts';
import { jsonSchema } from '../src/lab/json-schema.ts';
import { referencePage } from '../src/lab/reference.ts';
import { committedLabs, committedMatrix, committedPractice } from './committed.ts';
import { labsPage } from './labs-page.ts';

const root = new URL('../', import.meta.url);
const example = await readFile(new URL('test/fixtures/labs/preference.yaml', root), 'utf8');
await writeFile(new URL('docs/lab-language.md', root), referencePage(example));
await writeFile(new URL('docs/lab.schema.json', root), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
const labs = committedLabs();
const practices = committedPractice();
await writeFile(new URL('docs/labs.md', root), labsPage(labs, practices));
await writeFile(new URL('docs/matrix.md', root), committedMatrix(labs, practices));
for (const [file, text] of Object.entries(dockerfiles(readDefinitionFile())))
  await writeFile(new URL(file, root), text);
