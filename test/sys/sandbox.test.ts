import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { LAB_VARIABLE } from '../../src/sys/sandbox.ts';

const KILLS = Number(process.env.MIFLAB_KILLS ?? 10);
const LONGEST_MS = 600;
/** Reached only by a hang. */
const GONE_MS = 30_000;
const LAB = 'labs/default-router/preference-across-links.yaml';

/** Labs of the given run alone: other tests have theirs. The user id of a killed lab's processes does not matter. */
const labProcesses = (marker: string): string[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(marker);
      } catch {
        return false;
      }
    });

const hostState = async (): Promise<string> => {
  const tables = await Promise.all(
    [['link'], ['-4', 'route'], ['-6', 'route'], ['rule']].map(
      async (words) => (await execa('ip', words.length > 1 ? [words[0]!, words[1]!] : words)).stdout,
    ),
  );
  const namespaces = readdirSync('/run').includes('netns') ? readdirSync('/run/netns') : [];
  return [
    ...tables,
    readFileSync('/proc/self/mountinfo', 'utf8'),
    namespaces.join(),
    readFileSync('/proc/sys/net/ipv4/ip_forward', 'utf8'),
  ].join('\n');
};

t.setTimeout(600_000);

t.before(async () => {
  if (!existsSync('dist/miflab.js')) await execa('node', ['scripts/build.mjs']);
});

t.test(
  `of a run that is killed ${KILLS} times at random moments nothing is left, and the machine is as it was`,
  async (t) => {
    const results = mkdtempSync(join(tmpdir(), 'miflab-kill-'));
    t.teardown(() => rmSync(results, { recursive: true, force: true }));
    const before = await hostState();
    let longest = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const run = spawn('node', ['dist/miflab.js', 'run', LAB, '--repeat', '20', '-o', results], {
        stdio: 'ignore',
      });
      const ended = new Promise((resolve) => run.once('exit', resolve));
      // The random moment is what is tested; nothing is waited for.
      setTimeout(() => run.kill('SIGKILL'), Math.random() * LONGEST_MS);
      await ended;
      const killed = performance.now();
      const marker = `${LAB_VARIABLE}=default-router/preference-across-links`;
      while (labProcesses(marker).length > 0 && performance.now() - killed < GONE_MS)
        await new Promise(setImmediate);
      t.same(labProcesses(marker), [], `kill ${kill + 1}`);
      longest = Math.max(longest, performance.now() - killed);
    }
    t.comment(`gone after at most ${longest.toFixed(0)} ms`);
    t.equal(await hostState(), before);
  },
);
