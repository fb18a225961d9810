// Which folder of src/ may import which: the pure ones nothing that touches the system. Says every import that may not be.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const ALLOWED: Record<string, string[]> = {
  lab: ['clients', 'plan', 'services'],
  plan: ['clients', 'lab', 'services', 'stacks'],
  clients: ['evidence', 'plan'],
  services: ['lab', 'plan'],
  stacks: ['clients', 'lab', 'plan'],
  sys: [],
  images: ['sys'],
  containers: ['plan', 'sys'],
  guests: ['clients', 'images', 'plan', 'suite', 'sys', 'testbed'],
  evidence: ['plan', 'testbed'],
  testbed: ['clients', 'containers', 'evidence', 'experiment', 'images', 'plan', 'sys', 'verdict'],
  experiment: ['clients', 'evidence', 'plan', 'sys', 'testbed'],
  decision: ['evidence', 'plan'],
  verdict: ['decision', 'lab', 'plan'],
  suite: [
    'clients',
    'containers',
    'decision',
    'evidence',
    'images',
    'lab',
    'plan',
    'sys',
    'testbed',
    'verdict',
  ],
  report: ['lab', 'suite', 'verdict', 'evidence'],
  cli: [
    'clients',
    'evidence',
    'guests',
    'images',
    'lab',
    'plan',
    'report',
    'stacks',
    'suite',
    'sys',
    'testbed',
    'verdict',
  ],
};

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const forbidden = files.flatMap((file) => {
  const folder = file.split('/')[0]!;
  const text = readFileSync(join('src', file), 'utf8');
  return [...text.matchAll(/(?:from|import\() ?'(\.[^']+)'/g)]
    .map(([, target]) => normalize(join(dirname(file), target!)).split('/')[0]!)
    .filter((target) => target !== '..' && target !== folder && !ALLOWED[folder]?.includes(target))
    .map((target) => `src/${file}: ${folder}/ may not import ${target}/ (scripts/check-imports.ts)`);
});
for (const line of forbidden) console.error(line);
process.exitCode = forbidden.length > 0 ? 1 : 0;
