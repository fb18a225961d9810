import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { readLabFile } from '../../src/lab/files.ts';

t.test('what keeps a file from being read is said as any other mistake', async (t) => {
  const folder = t.testdir({ 'empty.yaml': '', folder: {} });
  const latin1 = Buffer.from('title: Zür\nwhy: caf\xe9\n', 'latin1');
  writeFileSync(join(folder, 'latin1.yaml'), latin1);
  writeFileSync(join(folder, 'utf16.yaml'), Buffer.from('\ufefftitle: x\n', 'utf16le'));
  writeFileSync(join(folder, 'large.yaml'), Buffer.alloc(10_000_000, 'x'));
  mkdirSync(join(folder, 'folder.yaml'));
  const cases: [string, { line: number; column: number; message: RegExp }][] = [
    ['missing.yaml', { line: 1, column: 1, message: /^no such file$/ }],
    ['folder.yaml', { line: 1, column: 1, message: /^not a regular file$/ }],
    ['large.yaml', { line: 1, column: 1, message: /^larger than/ }],
    ['empty.yaml', { line: 1, column: 1, message: /^the file is empty$/ }],
    ['latin1.yaml', { line: 1, column: 9, message: /^not UTF-8$/ }],
    ['utf16.yaml', { line: 1, column: 1, message: /^not UTF-8$/ }],
  ];
  for (const [name, expected] of cases) {
    const file = join(folder, name);
    const { lab, diagnostics } = await readLabFile(file);
    t.equal(lab, undefined, name);
    t.match(diagnostics, [{ file, ...expected }], name);
  }
});

t.test('a UTF-8 file with a byte order mark is a lab', async (t) => {
  const text = readFileSync(new URL('../fixtures/labs/preference.yaml', import.meta.url), 'utf8');
  const folder = t.testdir({ 'lab.yaml': `\ufeff${text}` });
  t.ok((await readLabFile(join(folder, 'lab.yaml'))).lab);
});
