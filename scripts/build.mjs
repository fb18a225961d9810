// Bundles miflab into dist/: the command line, split so that each command loads only its own part, and the
// programs that run inside a lab's sandbox, each whole, because the sandbox shows it nothing else.
import { chmod, cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir: 'dist',
  // Native code cannot be bundled; what speaks to a container engine is large, and loaded by its keeper only.
  external: ['koffi', 'dockerode', 'tar-stream'],
  legalComments: 'none',
  logLevel: 'warning',
};

// Bundled CommonJS packages call require, which an ES module does not have.
const requireForBundled = [
  "import { createRequire as miflabCreateRequire } from 'node:module';",
  'const require = miflabCreateRequire(import.meta.url);',
].join('\n');

await rm('dist', { recursive: true, force: true });
await Promise.all([
  build({
    ...common,
    entryPoints: { miflab: 'src/cli/main.ts' },
    splitting: true,
    chunkNames: 'chunks/[name]-[hash]',
    banner: { js: requireForBundled },
  }),
  build({
    ...common,
    entryPoints: {
      'lab-process': 'src/testbed/lab-process.ts',
      'capture-process': 'src/testbed/capture-process.ts',
      'guest-agent': 'src/guests/agent.ts',
      'container-keeper': 'src/containers/keeper-process.ts',
      'container-exec': 'src/containers/exec-process.ts',
    },
    banner: { js: requireForBundled },
  }),
  build({
    ...common,
    entryPoints: {
      'clients/node': 'src/clients/programs/node.ts',
      'clients/resolved': 'src/clients/programs/resolved.ts',
      'clients/ice': 'src/clients/programs/ice.ts',
    },
    external: ['node-datachannel', 'werift'],
  }),
]);
// The clients and stacks in other languages: run, or compiled, where a lab needs them.
for (const folder of ['clients', 'stacks'])
  await cp(`src/${folder}/programs`, `dist/${folder}`, {
    recursive: true,
    filter: (path) => !path.endsWith('.ts'),
  });
await chmod('dist/miflab.js', 0o755);
