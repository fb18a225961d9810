/** Writes what of docs/ comes from the schema of the lab language and from the labs: node --import tsx scripts/generate-docs.ts */
import { readdirSync, readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { jsonSchema } from '../src/lab/json-schema.ts';
import { readLab } from '../src/lab/reader.ts';
import { referencePage } from '../src/lab/reference.ts';
import { labFilesBelow, labNameOf } from '../src/suite/lab-files.ts';
import { readPractice } from '../src/verdict/practice.ts';
import { labsPage, type NamedLab, type NamedPractice } from './labs-page.ts';

const root = new URL('../', import.meta.url);
const path = (name: string): string => fileURLToPath(new URL(name, root));

const labs = labFilesBelow(path('labs')).map((file): NamedLab => {
  const { lab, diagnostics } = readLab(readFileSync(file, 'utf8'), file);
  if (!lab) throw new Error(`${file}: ${diagnostics[0]?.message}`);
  return { name: labNameOf(file), lab: lab.lab };
});

const practices = readdirSync(path('practice')).flatMap((stack) =>
  readdirSync(path(`practice/${stack}`)).map(
    (file): NamedPractice => ({
      name: `${stack === 'kernel' ? 'Linux' : `${stack} on Linux`} ${basename(file, '.yaml')}`,
      practice: readPractice(readFileSync(join(path('practice'), stack, file), 'utf8')),
    }),
  ),
);

const example = await readFile(new URL('test/fixtures/labs/preference.yaml', root), 'utf8');
await writeFile(new URL('docs/lab-language.md', root), referencePage(example));
await writeFile(new URL('docs/lab.schema.json', root), `${JSON.stringify(jsonSchema(), null, 2)}\n`);
await writeFile(new URL('docs/labs.md', root), labsPage(labs, practices));
