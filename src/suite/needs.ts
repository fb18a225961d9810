/** What a machine lacks of what labs need, each in one sentence with the command that gets it. */
import { clients } from '../clients/index.ts';
import { ANY_IMAGE } from '../containers/engine.ts';
import type { Need } from '../plan/plan.ts';
import { debianPackages, installCommand } from './debian-packages.ts';
import { kernelFeatures, VIRTUAL_TIME } from './kernel-features.ts';

export interface Missing {
  kind: 'sandbox' | Need['kind'];
  name: string;
  /** Of a program: the user land that lacks it. */
  image?: string;
  /** One sentence: what is missing, and what needs it. */
  message: string;
  /** The command that gets it; '' where there is none. */
  remedy: string;
  /** Nothing but the labs that need it is missing without it. */
  optional?: true;
  /** Nothing but the stacks under test that need it are missing without it. */
  ofStack?: true;
}

/** What is asked of a machine; thisMachine (machine.ts) looks and tries. */
export interface Machine {
  /** Who runs miflab. */
  user: string;
  hasProgram(name: string, image?: string): boolean;
  /** Whether a header file lies below /usr/include. */
  hasHeader(name: string): boolean;
  /** Whether a package of npm is installed with miflab. */
  hasModule(name: string): boolean;
  /** Why a user land cannot serve; undefined where it can. */
  lackingImage(name: string): Promise<string | undefined>;
  /** Why no container of an image, or of ANY_IMAGE, can be made; undefined where it can. */
  lackingContainer(image: string): Promise<{ reason: string; remedy: string } | undefined>;
  /** Whether a lab can have many user ids. */
  hasIdRange(): boolean;
  /** Why no sandbox can be made; undefined where one can. */
  refusesSandbox(): Promise<{ reason: string; said: string; remedy: string } | undefined>;
  /** Of these kernel features, those that it lacks. */
  lackingFeatures(names: string[]): Promise<string[]>;
}

/** What a machine lacks of these needs, and of a sandbox at all. */
export async function missingOn(machine: Machine, needs: Need[]): Promise<Missing[]> {
  const images = await missingImages(machine, needs);
  const isThere = ({ image }: Need) => !images.some(({ name }) => name === image);
  const containers = await missingContainers(machine, needs);
  const programs = [
    ...images,
    ...containers,
    ...missingPrograms(machine, needs.filter(isThere)),
    ...missingHeaders(machine, needs),
    ...missingModules(machine, needs),
  ];
  if (programs.some(({ name }) => name === 'unshare')) return programs;
  const sandbox = await missingSandbox(machine);
  if (sandbox.length > 0) return [...programs, ...sandbox];
  return [...programs, ...(await missingFeatures(machine, needs)), ...missingIds(machine, needs)];
}

/** Without these no lab, or not all of the labs asked for, can be built: nothing is started. */
export const isBlocking = ({ kind, image, optional, ofStack }: Missing): boolean =>
  kind === 'sandbox' || (kind === 'program' && image === undefined && !optional && !ofStack);

/** All that miflab knows to ask for, for doctor. */
export const everyNeed: Need[] = [
  ...['unshare', 'setpriv', 'nsenter', 'bwrap', 'ip'].map((name) => ({
    kind: 'program' as const,
    name,
    for: 'every lab',
  })),
  ...['nft', 'tc', 'radvd', 'dnsmasq', 'kea-dhcp4', 'kea-dhcp6', 'unbound', 'curl', 'dig', 'getent'].map(
    (name) => ({
      kind: 'program' as const,
      name,
      for: 'labs that use it',
    }),
  ),
  ...clients.flatMap(({ name, programs, build }) =>
    [...programs, ...(build?.programs ?? [])].filter(isPackaged).map((program) => ({
      kind: 'program' as const,
      name: program,
      for: `probes by ${name}`,
      optional: true as const,
    })),
  ),
  ...Object.keys(kernelFeatures).map((name) => ({ kind: 'kernel' as const, name, for: 'some labs' })),
  { kind: 'container', name: ANY_IMAGE, for: 'labs with hosts in containers' },
  { kind: 'ids', name: 'range', for: 'labs whose programs change their user' },
];

function missingHeaders(machine: Machine, needs: Need[]): Missing[] {
  return grouped(needs, 'header')
    .filter(([name]) => !machine.hasHeader(name))
    .map(([name, users]) => ({
      kind: 'header',
      name,
      message: `the header file ${name} is missing${packageNote(name)}: needed by ${users}`,
      remedy: installCommand([name]),
      ofStack: true,
    }));
}

function missingModules(machine: Machine, needs: Need[]): Missing[] {
  return grouped(needs, 'module')
    .filter(([name]) => !machine.hasModule(name))
    .map(([name, users]) => ({
      kind: 'module',
      name,
      message: `the package ${name} of npm is missing: needed by ${users}`,
      remedy: 'npm ci --ignore-scripts --include=dev',
      optional: true,
    }));
}

/** Others are found in user lands only. */
function isPackaged(program: string): boolean {
  return debianPackages[program] !== undefined;
}

async function missingImages(machine: Machine, needs: Need[]): Promise<Missing[]> {
  const found = await Promise.all(
    grouped(needs, 'image').map(async ([name, users]): Promise<Missing[]> => {
      const problem = await machine.lackingImage(name);
      return problem === undefined
        ? []
        : [
            {
              kind: 'image',
              name,
              message: `${problem}: needed by ${users}`,
              remedy: `miflab image build ${name}`,
            },
          ];
    }),
  );
  return found.flat();
}

async function missingContainers(machine: Machine, needs: Need[]): Promise<Missing[]> {
  const found = await Promise.all(
    grouped(needs, 'container').map(async ([name, users]): Promise<Missing[]> => {
      const lacking = await machine.lackingContainer(name);
      return lacking === undefined
        ? []
        : [
            {
              kind: 'container',
              name,
              message: `${lacking.reason}: needed by ${users}`,
              remedy: lacking.remedy,
              optional: true,
            },
          ];
    }),
  );
  return found.flat();
}

function missingPrograms(machine: Machine, needs: Need[]): Missing[] {
  const images = new Set(needs.map(({ image }) => image));
  return [...images].flatMap((image) =>
    grouped(
      needs.filter((need) => need.image === image),
      'program',
    )
      .filter(([name]) => !machine.hasProgram(name, image))
      .map(([name, users]): Missing => {
        const where =
          image === undefined ? `the program ${name} is missing` : `the user land ${image} has no ${name}`;
        return {
          kind: 'program',
          name,
          image,
          message: `${where}${packageNote(name)}: needed by ${users}`,
          remedy: image === undefined ? installCommand([name]) : '',
          ...(areAll('optional', needs, name, image) && { optional: true }),
          ...(areAll('ofStack', needs, name, image) && { ofStack: true }),
        };
      }),
  );
}

/** Whether everyone who needs a program needs it in this way only. */
const areAll = (
  way: 'optional' | 'ofStack',
  needs: Need[],
  program: string,
  place: string | undefined,
): boolean =>
  needs
    .filter(({ kind, name, image }) => kind === 'program' && name === program && image === place)
    .every((need) => need[way]);

const packageNote = (name: string): string =>
  debianPackages[name] && debianPackages[name] !== name ? ` (package ${debianPackages[name]})` : '';

async function missingSandbox(machine: Machine): Promise<Missing[]> {
  const refusal = await machine.refusesSandbox();
  if (!refusal) return [];
  const { reason, said, remedy } = refusal;
  return [
    { kind: 'sandbox', name: 'user namespace', message: `no lab can be built: ${reason} (${said})`, remedy },
  ];
}

async function missingFeatures(machine: Machine, needs: Need[]): Promise<Missing[]> {
  const users = new Map(grouped(needs, 'kernel'));
  const lacking = await machine.lackingFeatures([...users.keys()]);
  return lacking.map((name) => ({
    kind: 'kernel',
    name,
    message: `${lackOf(name)}: needed by ${users.get(name)}`,
    remedy: '',
  }));
}

const lackOf = (feature: string): string =>
  feature === VIRTUAL_TIME
    ? 'no kernel with virtual time is here (make kernels builds one, docs/kernels.md)'
    : `the kernel has no ${feature} within a user namespace`;

function missingIds(machine: Machine, needs: Need[]): Missing[] {
  if (machine.hasIdRange()) return [];
  return grouped(needs, 'ids').map(([name, users]) => ({
    kind: 'ids',
    name,
    message: `a lab has one user id only: needed by ${users}; everything else works`,
    remedy: `apt-get install uidmap && usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${machine.user}`,
  }));
}

/** Names of one kind, each with who needs it. */
function grouped(needs: Need[], kind: Need['kind']): [name: string, users: string][] {
  const users = new Map<string, Set<string>>();
  for (const need of needs.filter((need) => need.kind === kind)) {
    users.set(need.name, (users.get(need.name) ?? new Set()).add(need.for));
  }
  return [...users].map(([name, names]) => [name, [...names].join(', ')]);
}
