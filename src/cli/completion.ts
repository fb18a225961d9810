/** Shell completion. The only file that knows @bomb.sh/tab. */
import tab, { type ArgumentHandler, type Command as Completable, type OptionHandler } from '@bomb.sh/tab';
import type { Argument, Command, Option } from 'commander';
import { ExitCode } from '../suite/exit-code.ts';
import { labFilesBelow } from '../suite/lab-files.ts';

/** Prints the script that makes a shell ask `miflab complete`. */
export async function completion(shell: string): Promise<ExitCode> {
  tab.setup('miflab', 'miflab', shell);
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
  const values = /^labs?$/.test(argument.name()) ? labFilesBelow('labs') : (argument.argChoices ?? []);
  const offerValues: ArgumentHandler = (offer) => {
    for (const value of values) offer(value, '');
  };
  completable.argument(argument.name(), offerValues, argument.variadic);
}

function addOption(completable: Completable, option: Option): void {
  const name = option.name();
  const alias = option.short?.slice(1);
  if (!option.required && !option.optional) {
    completable.option(name, option.description, alias);
    return;
  }
  const offerChoices: OptionHandler = (offer) => {
    for (const choice of option.argChoices ?? []) offer(choice, '');
  };
  completable.option(name, option.description, offerChoices, alias);
}
