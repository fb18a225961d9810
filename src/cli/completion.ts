/**
 * Shell completion. The only file that knows @bomb.sh/tab, which answers what a word may become. Its scripts for
 * the shells are not used: they evaluate what was typed, and the one for bash needs a package.
 */
import tab, { type ArgumentHandler, type Command as Completable, type OptionHandler } from '@bomb.sh/tab';
import type { Argument, Command, Option } from 'commander';
import { stackNames } from '../stacks/index.ts';
import { ExitCode } from '../suite/exit-code.ts';
import { labFilesBelow, labNameOf } from '../suite/lab-files.ts';
import { reporterNames } from './values.ts';

const shells = ['bash', 'zsh', 'fish'] as const;

/** Each asks `miflab complete -- WORDS…`, whose lines are a word, a tab and its meaning. */
const scripts: Record<(typeof shells)[number], string> = {
  bash: `# bash completion for miflab: source <(miflab completion bash)
_miflab() {
  local word
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    [[ $word != :* && $word == "$2"* ]] && COMPREPLY+=("$word")
  done < <(miflab complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _miflab miflab
`,
  zsh: `#compdef miflab
# zsh completion for miflab: source <(miflab completion zsh), after compinit
_miflab() {
  local word
  local -a found
  miflab complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null | while IFS=$'\\t' read -r word _; do
    [[ $word != :* ]] && found+=("$word")
  done
  compadd -a found || _files
}
compdef _miflab miflab
`,
  fish: `# fish completion for miflab: miflab completion fish | source
function __miflab
  miflab complete -- (commandline -opc)[2..] (commandline -ct) 2>/dev/null | string match -v ':*'
end
complete -c miflab -a '(__miflab)'
`,
};

/** Prints the script that makes a shell ask. */
export async function completion(shell: (typeof shells)[number]): Promise<ExitCode> {
  process.stdout.write(scripts[shell]);
  return ExitCode.ok;
}

/** Answers that script: what the last of these words may become. */
export async function complete(program: Command, words: string[]): Promise<ExitCode> {
  const help = program.createHelp();
  for (const command of help.visibleCommands(program)) {
    const completable = tab.command(command.name(), command.description());
    for (const option of help.visibleOptions(command)) addOption(completable, option);
    for (const argument of command.registeredArguments) addArgument(completable, argument);
  }
  tab.parse(words);
  return ExitCode.ok;
}

function addArgument(completable: Completable, argument: Argument): void {
  const offerValues: ArgumentHandler = (offer) => {
    for (const value of valuesOf(argument)) offer(value, '');
  };
  completable.argument(argument.name(), offerValues, argument.variadic);
}

/** Labs by their names and topics: the shell itself completes files. */
function valuesOf(argument: Argument): readonly string[] {
  if (!/^labs?$/.test(argument.name())) return argument.argChoices ?? [];
  const names = labFilesBelow('labs').map(labNameOf);
  const topics = names.map((name) => name.split('/')[0]!);
  return argument.variadic ? [...new Set(topics), ...names] : names;
}

const valuesOfOptions: Record<string, readonly string[] | undefined> = {
  reporter: reporterNames,
  stack: stackNames,
};

function addOption(completable: Completable, option: Option): void {
  const name = option.name();
  const alias = option.short?.slice(1);
  if (!option.required && !option.optional) {
    completable.option(name, option.description, alias);
    return;
  }
  const offerValues: OptionHandler = (offer) => {
    for (const value of option.argChoices ?? valuesOfOptions[name] ?? []) offer(value, '');
  };
  completable.option(name, option.description, offerValues, alias);
}
