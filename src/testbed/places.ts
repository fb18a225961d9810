/** Where the parts of a running lab lie inside its sandbox, and how a program gets into a node. */
import type { PlannedNode } from '../plan/plan.ts';

export const FABRIC = 'fabric';
export const RUN_FOLDER = '/run/miflab';

export const networkPath = (node: string): string => `/run/netns/${node}`;
export const mountPath = (node: string): string => `${RUN_FOLDER}/mounts/${node}`;
/** The root of the file system as the node's programs see it. */
export const rootPath = (node: string): string => `${RUN_FOLDER}/roots/${node}`;
export const utsPath = (node: string): string => `${RUN_FOLDER}/names/${node}`;

/** Where a file of a node lies for the lab process. A symbolic link on the way leads astray: it starts from another root. */
export const pathOn = (node: Pick<PlannedNode, 'name' | 'ownFiles'>, path: string): string =>
  node.ownFiles ? `${rootPath(node.name)}${path}` : path;

/** The command that runs a program in a node: in its network, and where it has files and a name of its own, in those. */
export const inNode = (node: Pick<PlannedNode, 'name' | 'ownFiles'>, command: string[]): string[] => [
  'nsenter',
  `--net=${networkPath(node.name)}`,
  ...(node.ownFiles ? [`--mount=${mountPath(node.name)}`, `--uts=${utsPath(node.name)}`] : []),
  '--',
  ...command,
];
