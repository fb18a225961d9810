/**
 * Plan → namespaces, links, addresses. One `ip -batch` makes everything in place (a veth end that is moved
 * afterwards costs 18 ms); then links come up, and each node's own lines are a batch of its own, side by side.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Plan, PlannedNode } from '../plan/plan.ts';
import { inNetwork, sendWholeChecksums } from '../sys/libc.ts';
import { runProgram } from '../sys/program.ts';
import { bringUpFabric, bringUpNode } from './bring-up.ts';
import type { Containers } from './containers.ts';
import { LabFault, standingAt } from './faults.ts';
import { giveOwnFiles } from './own-files.ts';
import { FABRIC, inNode, networkOf, networkPath, type Place, RUN_FOLDER } from './places.ts';
import { type Originals, originalsOf, setHashSeed, setSysctls } from './sysctls.ts';
import { giveUserLand } from './user-land.ts';

/** What was there before, as far as a step puts it back. */
export const build = async (plan: Plan, containers: Containers): Promise<{ sysctls: Originals }> => {
  for (const folder of ['nodes', 'mounts', 'names', 'roots', 'pids', 'ipcs', 'containers'])
    mkdirSync(`${RUN_FOLDER}/${folder}`, { recursive: true });
  await ipBatch('the test bed', creation(plan));
  // Bridges and their ports are no hosts: they must not solicit routers or answer anyone.
  setSysctls(
    FABRIC,
    ['all', 'default'].map((scope) => [`net.ipv6.conf.${scope}.disable_ipv6`, '1']),
  );
  const sysctls = originalsOf(plan);
  for (const { name } of plan.nodes) setHashSeed(name, plan.hashSeed);
  for (const node of plan.nodes) await standingAt(node.at, () => setSysctls(node.name, node.sysctls));
  bringUpFabric(plan);
  for (const node of plan.nodes) await standingAt(node.at, () => bringUpNode(node));
  const withLines = plan.nodes.filter(({ managed, ip }) => !managed && ip.length > 0);
  for (const { name, ip } of withLines) writeFileSync(`${RUN_FOLDER}/nodes/${name}`, ip.join('\n'));
  const ownFiles = plan.nodes
    .filter((node) => node.ownFiles)
    .map((node) => giveFiles(node, plan, containers));
  await Promise.all([...(withLines.length > 0 ? [configure(plan)] : []), ...ownFiles]);
  for (const node of plan.nodes) await standingAt(node.at, () => applyRulesets(node));
  for (const node of plan.nodes)
    if (plan.host.foreign || plan.daemons.some((daemon) => daemon.node === node.name))
      sendAsNetworkCardsDo(node);
  return { sysctls };
};

const sendAsNetworkCardsDo = (node: PlannedNode): void =>
  inNetwork(networkPath(node.name), () => {
    for (const { name } of node.interfaces) sendWholeChecksums(name);
  });

const giveFiles = (node: PlannedNode, { daemons }: Plan, containers: Containers): Promise<void> => {
  if (node.container) return standingAt(node.at, () => containers.start(node));
  if (node.image) return giveUserLand(node, node.image);
  return giveOwnFiles(
    node,
    daemons.filter((daemon) => daemon.node === node.name),
  );
};

const creation = (plan: Plan): string[] => [
  ...[FABRIC, ...plan.nodes.map(({ name }) => name)].map((name) => `netns add ${name}`),
  // Without mcast_snooping 0, neighbour discovery may wait for a querier.
  ...plan.links.flatMap(({ bridge, mtu }) =>
    bridge
      ? [
          `link add name ${bridge.name} index ${bridge.index} mtu ${mtu} netns ${FABRIC} type bridge mcast_snooping 0`,
        ]
      : [],
  ),
  ...plan.nodes.flatMap((node) => vethPairs(node, plan)),
];

/** A pair between two nodes is made with the one that is not the internet. */
const vethPairs = ({ name: place, role, interfaces }: PlannedNode, plan: Plan): string[] =>
  interfaces
    .filter(({ port }) => port.bridge || role !== 'internet')
    .map(({ name, index, mac, port, link }) => {
      const { mtu } = plan.links.find((candidate) => candidate.name === link)!;
      const other = plan.nodes
        .find((candidate) => candidate.name === port.place)
        ?.interfaces.find((candidate) => candidate.index === port.index);
      const address = other ? `address ${other.mac}` : '';
      return `link add name ${name} index ${index} mtu ${mtu} address ${mac} netns ${place} type veth peer name ${port.name} index ${port.index} mtu ${mtu} ${address} netns ${port.place}`;
    });

/** The script is a constant; what varies are the files it reads. */
const CONFIGURE = `
status=0
pids=
for file in "$0"/nodes/*; do
  nsenter --net="/run/netns/\${file##*/}" -- ip -batch "$file" &
  pids="$pids $!"
done
for pid in $pids; do wait "$pid" || status=1; done
exit $status
`;

const configure = async (plan: Plan): Promise<void> => {
  const { code, errors } = await runProgram(['/bin/sh', '-c', CONFIGURE, RUN_FOLDER]);
  if (code !== 0) throw refusal(plan, errors.trim());
};

/** ip says which line of which file it stopped at: the file is a node's, and the line what the lab asks for. */
const refusal = (plan: Plan, errors: string): LabFault => {
  const [, said, name, line] = /^(.*)\nCommand failed .*\/nodes\/(.+):(\d+)/s.exec(errors) ?? [];
  const node = plan.nodes.find((candidate) => candidate.name === name);
  if (!node) return new LabFault(errors);
  return new LabFault(`ip ${node.ip[Number(line) - 1]} on ${node.name}: ${said}`, node.at);
};

const applyRulesets = async (node: PlannedNode): Promise<void> => {
  if (node.nftables) await nft(node, node.nftables);
  for (const line of node.tc) await runInNode(networkOf(node), ['tc', ...line.split(/\s+/)]);
};

export const nft = async (node: Place, ruleset: string): Promise<void> => {
  const { code, errors } = await runProgram(inNode(networkOf(node), ['nft', '-f', '-']), ruleset);
  if (code !== 0) throw new LabFault(`nftables on ${node.name}: ${errors.trim()}`);
};

export const runInNode = async (node: Place, command: string[]): Promise<string> => {
  const { code, output, errors } = await runProgram(inNode(node, command));
  if (code !== 0)
    throw new LabFault(`${command.join(' ')} on ${node.name}: ${errors.trim() || `exit ${code}`}`);
  return output;
};

/** A line of ip(8): a leading -4 or -6 is the command's own and stands in no batch. */
export const splitFamily = (line: string): { family: string[]; rest: string } => {
  const [, family, rest] = /^(?:(-[46])\s+)?(.*)$/s.exec(line)!;
  return { family: family === undefined ? [] : [family], rest: rest! };
};

/** Lines without the leading `ip`. */
export const ipLines = async (node: string, lines: string[]): Promise<void> => {
  for (const line of lines) {
    const { family, rest } = splitFamily(line);
    await ipBatch(`ip on ${node}`, [rest], inNode({ name: node, ownFiles: false }, ['ip', ...family]));
  }
};

/** Through nsenter: `ip -n` mounts a new /sys, which the sandbox does not allow. */
const ipBatch = async (what: string, lines: string[], ip: string[] = ['ip']): Promise<void> => {
  const { code, errors } = await runProgram([...ip, '-batch', '-'], `${lines.join('\n')}\n`);
  if (code !== 0)
    throw new LabFault(`${what}: ${errors.trim()}${lines.length === 1 ? ` (${lines[0]})` : ''}`);
};
