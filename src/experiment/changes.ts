/**
 * What steps change on a node: from outside, in its namespaces, or on the host whose kernel is in a guest by programs
 * that run there.
 */
import type { PlannedStep } from '../plan/plan.ts';
import { ipLines, nft, runInNode, splitFamily } from '../testbed/build.ts';
import { LabFault, MachineFault } from '../testbed/faults.ts';
import { plannedNode, type RunningLab } from '../testbed/lab.ts';
import { originalKeys, setSysctls, sysctlPath } from '../testbed/sysctls.ts';

type Sysctls = Extract<PlannedStep, { kind: 'sysctl' }>['sysctls'];

export interface Changes {
  ip(lines: string[]): Promise<void>;
  sysctls(sysctls: Sysctls): Promise<void>;
  nft(ruleset: string): Promise<void>;
  run(command: string[]): Promise<void>;
}

export const changesOn = (lab: RunningLab, node: string): Changes =>
  lab.plan.host.guest && node === lab.plan.host.node ? inGuest(lab, node) : inNamespaces(lab, node);

const inNamespaces = ({ plan, before }: RunningLab, node: string): Changes => ({
  ip: (lines) => ipLines(node, lines),
  sysctls: async (sysctls) => setSysctls(node, sysctls, before.sysctls),
  nft: (ruleset) => nft(plannedNode(plan, node), ruleset),
  run: async (command) => void (await runInNode(plannedNode(plan, node), command)),
});

/** Lines of path and value; says which one the kernel refuses. The scripts are constants. */
const WRITE = `
while read -r path value; do
  printf '%s' "$value" > "$path" || { echo "$path $value"; exit 1; }
done
`;
/** Lines of paths; a line of value for each, empty where there is none. */
const READ = `
while read -r path; do
  value=
  [ -e "$path" ] && read -r value < "$path"
  printf '%s\\n' "$value"
done
`;

const inGuest = ({ plan, host, before }: RunningLab, node: string): Changes => {
  const originals = before.sysctls;
  /** Before the first is set. */
  const readOriginals = async () => {
    const keys = originalKeys(plan, node).filter((key) => !originals.has(`${node} ${key}`));
    if (keys.length === 0) return;
    const { output } = await host.run(
      ['/bin/sh', '-c', READ],
      keys.map((key) => `${sysctlPath(key)}\n`).join(''),
    );
    for (const [index, value] of output.split('\n').slice(0, keys.length).entries())
      originals.set(`${node} ${keys[index]}`, value);
  };
  const batch = async (lines: string[], family: string[] = []) => {
    if (lines.length === 0) return;
    const { code, errors } = await host.run(['ip', ...family, '-batch', '-'], `${lines.join('\n')}\n`);
    if (code === 0) return;
    const [, said, number] = /^(.*)\nCommand failed .*:(\d+)/s.exec(errors.trim()) ?? [];
    throw new LabFault(`ip on ${node}: ${said ?? errors.trim()} (${lines[Number(number ?? 1) - 1]})`);
  };
  return {
    // As many at once as can be: an emulated kernel takes long to start a program.
    ip: async (lines) => {
      let together: string[] = [];
      for (const line of lines) {
        const { family, rest } = splitFamily(line);
        if (family.length === 0) {
          together.push(rest);
          continue;
        }
        await batch(together);
        together = [];
        await batch([rest], family);
      }
      await batch(together);
    },
    sysctls: async (sysctls) => {
      await readOriginals();
      const lines = sysctls.map(
        ([key, value]) => `${sysctlPath(key)} ${value ?? originals.get(`${node} ${key}`)}\n`,
      );
      const { code, output, errors } = await host.run(['/bin/sh', '-c', WRITE], lines.join(''));
      if (code === 0) return;
      const [path, value] = output.trim().split(' ');
      const refused = sysctls.find(([key]) => sysctlPath(key) === path)?.[0];
      // Of a kernel without the parameter the lab is not to blame.
      if (/nonexistent|No such file/.test(errors))
        throw new MachineFault(`the kernel of ${node} has no parameter ${refused}`);
      throw new LabFault(`sysctl ${refused}=${value} on ${node}: ${errors.trim()}`);
    },
    nft: async (ruleset) => {
      const { code, errors } = await host.run(['nft', '-f', '-'], ruleset);
      if (code !== 0) throw new LabFault(`nftables on ${node}: ${errors.trim()}`);
    },
    run: async (command) => {
      const { code, errors } = await host.run(command);
      if (code !== 0)
        throw new LabFault(`${command.join(' ')} on ${node}: ${errors.trim() || `exit ${code}`}`);
    },
  };
};
