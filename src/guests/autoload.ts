/**
 * Modules that a guest's kernel loads when something asks for them, as it does on any machine: it calls modprobe(8) with
 * an alias. To load all that labs may need took a second of User-mode Linux and five of an emulated kernel. Pure.
 */
import { moduleFile } from './guest-files.ts';
import { dependenciesOf, fieldsOf, type Module } from './modules.ts';

/** Files of a guest's folder, which holds the modules too. */
export const autoloadFiles = (folder: string, modules: Module[]): { modprobe: string; aliases: string } => ({
  modprobe: modprobe(folder),
  aliases: aliasTable(modules),
});

/** For /proc/sys/kernel/modprobe; what it is called with is `-q -- ALIAS`. */
const modprobe = (folder: string): string => `#!/bin/busybox sh
for wanted; do :; done
while read -r alias files; do
  [ "$alias" = "$wanted" ] || continue
  for file in $files; do
    busybox insmod "${folder}/modules/$file" 2>/dev/null
  done
done < ${folder}/aliases
`;

/** A line for each name by which a module is asked for: the name, then the files to load in their order. */
export const aliasTable = (modules: Module[]): string => {
  const known = new Map(
    modules.map((module, index) => [module.name, { module, file: moduleFile(module.name, index) }]),
  );
  const filesOf = (name: string): string[] => {
    const found = known.get(name);
    return found ? [...dependenciesOf(found.module.content).flatMap(filesOf), found.file] : [];
  };
  return modules
    .flatMap(({ name, content }) => {
      const files = [...new Set(filesOf(name))].join(' ');
      // Those of devices have wildcards.
      const aliases = fieldsOf(content, 'alias').filter((alias) => !/[*?[\]]/.test(alias));
      return [name, ...aliases].map((alias) => `${alias} ${files}\n`);
    })
    .join('');
};
