/** Every command with its options, its help and its examples; what a command does is loaded when it is called. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { ExitCode } from '../suite/exit-code.ts';
import { version } from '../suite/version.ts';
import { fromOne, fromZero, kernels, pattern, reporter, reporterNames, shard, stacks } from './values.ts';

/** A command: arguments in, exit code out. */
type Run = (...args: never[]) => Promise<number>;

/**
 * The command line. `done` is told the exit code of the command that ran.
 *
 * @throws CommanderError for wrong usage, after it was explained on standard error
 */
export function makeProgram(done: (exitCode: number) => void): Command {
  const program = new Command('miflab')
    .description('Measures on the wire what a multihomed host decides, and compares it with the RFCs')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain miflab or a command')
    .configureHelp({ showGlobalOptions: false })
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for what is possible)')
    .exitOverride();

  const action =
    (load: () => Promise<Run>) =>
    async (...args: unknown[]): Promise<void> => {
      const run = await load();
      // commander gives the command itself last: nobody here needs it.
      done(await run(...(args.slice(0, -1) as never[])));
    };

  const command = (
    usage: string,
    description: string,
    examples: [call: string, meaning: string][],
    parent = program,
  ): Command => parent.command(usage).description(description).addHelpText('after', examplesText(examples));

  command('run', 'Run labs and give verdicts', [
    ['miflab run', 'every lab below labs/'],
    ['miflab run labs/dns --grep "search domain"', 'those about search domains'],
    ['miflab run --controls --reporter junit:junit.xml', 'with their controls, and a file for the CI server'],
    ['miflab run --last-failed --repeat 10', 'ten times what did not come out as it should'],
    [
      'miflab run --kernel debian-uml labs/default-router',
      "on the kernel of Debian's package user-mode-linux",
    ],
    [
      'miflab run --host-kernel debian:bullseye labs/default-router',
      'the host under test on Linux 5.10, and the networks on this kernel',
    ],
    ['miflab run --shard 2/3', 'the second third of the labs, on the second of three machines'],
  ])
    .addArgument(labs())
    .addOption(grep())
    .option('-w, --workers <n>', 'labs at once (default: 4 for each processor)', fromOne)
    .option('--retries <n>', 'more tries for a lab that is unexpected or inconclusive', fromZero, 0)
    .option('--repeat <n>', 'run each lab so often; differing outcomes are shown as unstable', fromOne, 1)
    .addOption(
      new Option('--bail [n]', 'start nothing more after n labs that need a look')
        .argParser(fromOne)
        .preset(1),
    )
    .option('--last-failed', 'only what did not come out as it should last time')
    .option('--controls', 'run the controls of the labs too')
    .addOption(shardOption())
    .addOption(timers())
    .addOption(stackOption())
    .addOption(kernelOption())
    .addOption(hostKernelOption())
    .addOption(modulesOption())
    .addOption(reporterOption())
    .option(
      '--git-bisect',
      'exit as git bisect run wants it: 0 no deviation, 1 a deviation, 125 nothing shown, 255 wrong usage',
    )
    .addOption(output())
    .action(action(async () => (await import('./run.ts')).run));

  command('bisect', 'Find the first kernel, or commit, on which a lab is decided otherwise', [
    ['miflab bisect LAB --good 6.1 --bad 6.12', 'among the kernels that are there (miflab kernel list)'],
    [
      'miflab bisect LAB --good v6.1 --bad v6.12 --tree ~/linux',
      'by git bisect, each built as User-mode Linux',
    ],
    [
      "miflab bisect LAB --good v6.1 --bad HEAD --tree . --build 'make -j8 bzImage' --image arch/x86/boot/bzImage",
      'with a build of your own',
    ],
  ])
    .addArgument(lab())
    .requiredOption(
      '--good <kernel>',
      'a kernel or its version, in a tree a revision: the others are compared with it',
    )
    .requiredOption('--bad <kernel>', 'a later one, on which the lab is decided otherwise')
    .addOption(kernelOption())
    .addOption(modulesOption())
    .option('--tree <folder>', 'a git tree of Linux sources, in which git bisect is driven')
    .option(
      '--build <command>',
      'the shell command that builds the kernel there (default: as miflab kernel build)',
    )
    .option('--image <file>', 'the kernel that it makes, below the tree')
    .addOption(timers())
    .addOption(oneStack())
    .addOption(output())
    .action(action(async () => (await import('./bisect.ts')).bisect));

  command('check', 'Validate lab files without running them', [
    ['miflab check', 'every lab below labs/'],
    ['miflab check my-lab.yaml', 'one file: every mistake with its line, and what was probably meant'],
  ])
    .addArgument(labs())
    .action(action(async () => (await import('./check.ts')).check));

  command('list', 'List labs with their topic and level', [
    ['miflab list', 'every lab below labs/'],
    ['miflab list --grep 4191', 'those that name RFC 4191'],
  ])
    .addArgument(labs())
    .addOption(grep())
    .action(action(async () => (await import('./list.ts')).list));

  command('plan', 'Print everything that a lab becomes on the machine, as JSON', [
    ['miflab plan labs/default-router/preference.yaml', 'the lab itself'],
    ['miflab plan labs/default-router/preference.yaml --variant "control 1"', 'its first control'],
  ])
    .addArgument(lab())
    .option('--variant <name>', "one of its orders or controls: 'control 1'")
    .addOption(timers())
    .addOption(oneStack())
    .action(action(async () => (await import('./plan.ts')).plan));

  command('up', 'Build a lab up to its probes and keep it running until Ctrl-C', [
    ['miflab up labs/dns/search.yaml', 'then use exec and capture from another terminal'],
  ])
    .addArgument(lab())
    .addOption(timers())
    .addOption(oneStack())
    .action(action(async () => (await import('./up.ts')).up));

  command('exec', 'Run a command on a node of a lab that is up', [
    ['miflab exec labs/dns/search.yaml host -- ip -6 route', 'what the host under test has'],
    ['miflab exec labs/dns/search.yaml host', 'a shell there'],
  ])
    .addArgument(lab())
    .argument('<node>', 'name of the node')
    .argument('[command...]', 'the command and its arguments (default: a shell)')
    .passThroughOptions()
    .action(action(async () => (await import('./exec.ts')).exec));

  command('capture', 'Write the packets of a link of a lab that is up to standard output, as pcapng', [
    ['miflab capture labs/dns/search.yaml wifi | wireshark -k -i -', 'live, in Wireshark'],
  ])
    .addArgument(lab())
    .argument('[link]', 'name of the link (default: every link)')
    .action(action(async () => (await import('./capture.ts')).capture));

  command('doctor', 'Say what this machine lacks, and the command that gets it', [
    ['miflab doctor', 'exit code 4 where a lab could not run'],
  ]).action(action(async () => (await import('./doctor.ts')).doctor));

  command('record', "Run labs and take today's decisions as practice", [
    ['miflab record', 'every lab below labs/; says what changed'],
    ['miflab record labs/dns --stack networkd', 'the decisions of one stack on one topic'],
    ['miflab record labs/dns --stack all --repeat 5', 'of every stack, and which of them vary'],
  ])
    .addArgument(labs())
    .addOption(grep())
    .option('-w, --workers <n>', 'labs at once (default: 4 for each processor)', fromOne)
    .option('--repeat <n>', 'run each lab so often; differing decisions are practice that varies', fromOne, 1)
    .addOption(timers())
    .addOption(stackOption())
    .addOption(kernelOption())
    .addOption(hostKernelOption())
    .addOption(modulesOption())
    .addOption(reporterOption())
    .addOption(output())
    .action(action(async () => (await import('./record.ts')).record));

  command('report', 'Print the results of an earlier run again', [
    ['miflab report', 'the summary of the last run'],
    ['miflab report --reporter tap', 'the same as TAP'],
    ['miflab report results/2026-01-31T12-00-00 --reporter junit:old.xml', 'an earlier run'],
  ])
    .argument('[folder]', 'the folder of the run (default: the last one)')
    .addOption(reporterOption())
    .addOption(output())
    .action(action(async () => (await import('./report.ts')).report));

  const kernel = command('kernel', 'Build, fetch, list and remove kernels for guests', [
    [
      'miflab kernel build debian:trixie',
      "User-mode Linux of Debian's sources, for virtual time; takes minutes",
    ],
    ['miflab kernel list', 'what --kernel can name'],
  ]);
  command(
    'build',
    'Build a kernel with what labs need',
    [
      ['miflab kernel build ~/linux', 'User-mode Linux of your own tree'],
      ['miflab kernel build ~/linux --qemu', 'the same for QEMU'],
    ],
    kernel,
  )
    .argument('<source>', 'a tree of Linux sources, or debian:RELEASE')
    .option('--uml', 'as User-mode Linux (default)')
    .addOption(new Option('--qemu', 'as a bzImage for QEMU').conflicts('uml'))
    .action(action(async () => (await import('./kernel.ts')).build));
  command('fetch', 'Get kernels before they are needed', [['miflab kernel fetch debian:sid', '']], kernel)
    .argument(
      '<names...>',
      'debian:RELEASE, or with a version that it has beside its latest: debian:trixie-backports/6.18',
    )
    .action(action(async () => (await import('./kernel.ts')).fetch));
  command('list', 'List kernels that were fetched or built', [['miflab kernel list', '']], kernel).action(
    action(async () => (await import('./kernel.ts')).list),
  );
  command('remove', 'Remove such kernels', [['miflab kernel remove debian:sid', 'to fetch it anew']], kernel)
    .argument('<names...>', 'as the list names them')
    .action(action(async () => (await import('./kernel.ts')).remove));

  const image = command('image', 'Build, list and remove user lands for hosts', [
    ['miflab image build trixie', 'Debian 13 with every stack, for --stack networkd@trixie'],
    ['miflab image list', 'what can be built, and what is'],
  ]);
  command('build', 'Build user lands', [['miflab image build bookworm trixie', 'two of them']], image)
    .argument('<names...>', 'names of user lands, as in images/user-lands.yaml')
    .option('--allow-expired', 'take a signed index that is out of date, from a mirror that lags behind')
    .action(action(async () => (await import('./image.ts')).build));
  command('list', 'List user lands: what can be built, and what is', [['miflab image list', '']], image)
    .option('--verify', 'read all their files again and compare the digest')
    .action(action(async () => (await import('./image.ts')).list));
  command('remove', 'Remove built user lands', [['miflab image remove sid', 'free its space']], image)
    .argument('<names...>', 'names of user lands')
    .action(action(async () => (await import('./image.ts')).remove));

  command('schema', 'Print the JSON Schema of the lab language', [
    ['miflab schema > lab.schema.json', 'for an editor that completes and validates labs'],
  ]).action(action(async () => (await import('./schema.ts')).schema));

  command('completion', 'Print completions for a shell', [
    ['source <(miflab completion bash)', 'for this shell; add the line to ~/.bashrc to keep it'],
    ['source <(miflab completion zsh)', 'the same for zsh, after compinit'],
    ['miflab completion fish > ~/.config/fish/completions/miflab.fish', 'for fish, from now on'],
  ])
    .addArgument(new Argument('<shell>', 'the shell').choices(['bash', 'zsh', 'fish']))
    .action(action(async () => (await import('./completion.ts')).completion));

  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(
      action(
        async () => async (words: string[]) => (await import('./completion.ts')).complete(program, words),
      ),
    );

  return program.addHelpText('after', exitCodesText);
}

/** The exit code for an error that commander has explained, or undefined for any other error. */
export const usageExitCode = (error: unknown): number | undefined => {
  if (!(error instanceof CommanderError)) return undefined;
  return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
};

const labs = () =>
  new Argument('[labs...]', 'lab files, folders of them, or names of labs').default([], 'labs/');
const lab = () => new Argument('<lab>', 'a lab file, or the name of a lab');
const grep = () =>
  new Option('-g, --grep <pattern>', 'only labs whose name, title, topic or source matches').argParser(
    pattern,
  );
const timers = () =>
  new Option(
    '--timers <kind>',
    "fast: shorten what only costs time; real: the kernel's defaults; virtual: the same in virtual time",
  )
    .choices(['fast', 'real', 'virtual'])
    .default('fast');
const stackOption = () =>
  new Option(
    '--stack <names>',
    'host stacks under test, with commas between them: kernel,networkd@trixie; all: every one that is there, in every user land; all@trixie: every one in that user land; networkd@all: that one in every user land',
  ).argParser(stacks);
const kernelOption = () =>
  new Option(
    '--kernel <names>',
    'kernels, with commas between them: host, debian-uml, debian:RELEASE, debian:RELEASE/VERSION, uml (the one built last), one of miflab kernel list, or a file (a bzImage, a User-mode Linux program); all but host run in guests',
  ).argParser(kernels);
const hostKernelOption = () =>
  new Option(
    '--host-kernel <names>',
    "kernels for the host under test alone, named as --kernel names them: it is a guest, and the networks around it stay on this machine's kernel",
  ).argParser(kernels);
const modulesOption = () =>
  new Option('--modules <folder>', 'modules of a kernel that is a file: the folder with kernel/ in it');
const oneStack = () => new Option('--stack <name>', 'host stack under test').argParser(stacks);
const shardOption = () => new Option('--shard <i/n>', 'the i-th of n parts of the labs').argParser(shard);
const output = () => new Option('-o, --output <folder>', 'where results and evidence go').default('results');
const reporterOption = () =>
  new Option(
    '-r, --reporter <name[:file]>',
    `${reporterNames.join(', ')}; repeatable (default: progress on a terminal, else plain)`,
  ).argParser(reporter);

function examplesText(examples: [call: string, meaning: string][]): string {
  return `\nExamples:\n${examples.map(([call, meaning]) => `  ${call}\n      ${meaning}\n`).join('')}`;
}

const exitCodesText = `
Exit codes, the first that holds:
  130  interrupted by Ctrl-C
  70   a bug of miflab
  2    wrong usage or a mistake in a lab file: nothing was started; or the lab asks for what is refused
  1    a decision differs from its expectation and the recorded practice
  4    the machine lacks something: miflab doctor says what
  3    a lab was inconclusive
  0    nothing unexpected

Begin with: miflab doctor, miflab list, miflab run
`;
