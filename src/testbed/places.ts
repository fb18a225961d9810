/** Where the parts of a running lab lie inside its sandbox, and how a program gets into a node. */
import type { PlannedNode } from '../plan/plan.ts';
import { programInside } from '../sys/sandbox.ts';

export { FABRIC, INTERNET } from '../plan/plan.ts';

export const RUN_FOLDER = '/run/miflab';
/** The plan of a lab that is up, for those who come in later. */
export const PLAN_FILE = `${RUN_FOLDER}/plan.json`;

export const networkPath = (node: string): string => `/run/netns/${node}`;
export const mountPath = (node: string): string => `${RUN_FOLDER}/mounts/${node}`;
/** The root of the file system as the node's programs see it. */
export const rootPath = (node: string): string => `${RUN_FOLDER}/roots/${node}`;
export const pidPath = (node: string): string => `${RUN_FOLDER}/pids/${node}`;
export const ipcPath = (node: string): string => `${RUN_FOLDER}/ipcs/${node}`;
export const utsPath = (node: string): string => `${RUN_FOLDER}/names/${node}`;

/** Where a file of a node lies for the lab process. A symbolic link on the way leads astray: it starts from another root. */
export const pathOn = (node: Place, path: string): string =>
  node.ownFiles ? `${rootPath(node.name)}${path}` : path;

/** The namespaces in which a node's programs run, and whether it has files and a user land of its own. */
export type Place = Pick<PlannedNode, 'name' | 'ownFiles' | 'image' | 'container'>;

/** The command that runs a program in a node: in its network, and where it has files and a name of its own, in those. */
export const inNode = ({ name, ownFiles, image, container }: Place, command: string[]): string[] =>
  container
    ? [...programInside('container-exec.js'), name, ...command]
    : inNamespaces({ name, ownFiles, image }, command);

/** Of a node only its network, with the machine's own programs. */
export const networkOf = ({ name }: Pick<Place, 'name'>): Place => ({ name, ownFiles: false });

const inNamespaces = ({ name, ownFiles, image }: Place, command: string[]): string[] => [
  ...(image ? AS_ROOT_OF_A_HOST : []),
  'nsenter',
  `--net=${networkPath(name)}`,
  ...(ownFiles ? [`--mount=${mountPath(name)}`, `--uts=${utsPath(name)}`] : []),
  ...(image ? [`--pid=${pidPath(name)}`, `--ipc=${ipcPath(name)}`] : []),
  '--',
  ...command,
];

/** As daemons find themselves on a real host. With the ambient capabilities of the sandbox dbus-daemon cannot drop its own. */
const AS_ROOT_OF_A_HOST = ['setpriv', '--inh-caps=-all', '--ambient-caps=-all'];
