/** Writes what of docs/ comes from the schema of the lab language and from the labs: node --import tsx scripts/generate-docs.ts */
import { readFile, writeFile } from 'node:fs/promises';
import { jsonSchema } from '../src/lab/json-schema.ts';
import { referencePage } from '../src/lab/reference.ts';
import { committedLabs, committedPractice } from './committed.ts';
import { labsPage } from './labs-page.ts';

const root = new URL('../', import.meta.url);
const example = await readFile(new URL('test/fixtures/labs/preference.yaml', root), 'utf8');
await writeFile(new URL('docs/lab-language.md', root), referencePage(example));
await writeFile(new URL('docs/lab.schema.json', root), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
await writeFile(new URL('docs/labs.md', root), labsPage(committedLabs(), committedPractice()));
