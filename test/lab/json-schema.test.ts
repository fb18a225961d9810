import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import t from 'tap';
import { parse } from 'yaml';
import { jsonSchema } from '../../src/lab/json-schema.ts';
import { referencePage } from '../../src/lab/reference.ts';
import { Lab } from '../../src/lab/schema.ts';

const textOf = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const fixture = (name: string) => textOf(`test/fixtures/labs/${name}.yaml`);

const validate = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(jsonSchema());

t.test('the committed pages are those of the schema: run scripts/generate-docs.ts', async (t) => {
  t.strictSame(JSON.parse(textOf('docs/lab.schema.json')), JSON.parse(JSON.stringify(jsonSchema())));
  t.equal(textOf('docs/lab-language.md'), referencePage(fixture('preference')));
});

t.test('every link within the reference page leads to a heading or an anchor', async (t) => {
  const page = textOf('docs/lab-language.md');
  const targets = new Set([
    ...[...page.matchAll(/^## (.*)$/gm)].map(([, title]) => title!.toLowerCase().replaceAll(' ', '-')),
    ...[...page.matchAll(/<a id="([^"]+)">/g)].map(([, id]) => id!),
  ]);
  const links = new Set([...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, target]) => target!));
  t.ok(links.size > 20);
  t.strictSame(
    [...links].filter((link) => !targets.has(link)),
    [],
  );
});

t.test(
  'a JSON Schema validator takes right labs and refuses wrong ones, as the schema itself does',
  async (t) => {
    for (const name of ['preference', 'orders', 'host-model']) t.ok(validate(parse(fixture(name))), name);

    const wrong: [string, (text: string) => string][] = [
      ['an unknown key', (text) => text.replace('preference: high', 'prefrence: high')],
      ['an unknown value', (text) => text.replace('preference: high', 'preference: highest')],
      ['a missing key', (text) => text.replace('topic: default-router', '')],
      ['no prefix', (text) => text.replace('2001:db8:a::/64', '2001:db8:a::1')],
      ['a node without role', (text) => text.replace('{ server: [internet],', '{')],
      [
        'a node with two roles',
        (text) => text.replace('server: [internet]', 'server: [internet], host: [lte]'),
      ],
      ['a step of two kinds', (text) => text.replace('- plug-in:', '- unplug: [lte]\n    plug-in:')],
      ['a step of no kind', (text) => text.replace('- plug-in: [wifi, lte]', '- {}')],
      ['a probe of two kinds', (text) => text.replace('{ udp: server }', '{ udp: server, tcp: server }')],
      ['a duration without unit', (text) => text.replace('{ udp: server }', '{ udp: server, within: 5 }')],
    ];
    for (const [title, edit] of wrong) {
      const data = parse(edit(fixture('preference')));
      t.notOk(validate(data), title);
      t.notOk(Lab.safeParse(data).success, `${title}, to zod`);
    }
  },
);
