/**
 * Modules that a guest's kernel loads when something asks for them, as it does on any machine: it calls modprobe(8) with
 * an alias. To load all that labs may need took a second of User-mode Linux and five of an emulated kernel. Pure.
 */
import { moduleFile } from './guest-files.ts';
import { dependenciesOf, fieldsOf, type Module } from './modules.ts';

/**
 * For /proc/sys/kernel/modprobe; what it is called with is `-q -- ALIAS`. One case for each module, with those before
 * that it depends on: to read a table line by line took an emulated kernel a second. `folder` holds modules/.
 */
export const modprobe = (folder: string, modules: Module[]): string => `#!/bin/busybox sh
for wanted; do :; done
load() {
  for file; do
    busybox insmod "${folder}/modules/$file" 2>/dev/null
  done
}
case "$wanted" in
${casesOf(modules)}esac
`;

const casesOf = (modules: Module[]): string => {
  const known = new Map(
    modules.map((module, index) => [module.name, { module, file: moduleFile(module.name, index) }]),
  );
  const filesOf = (name: string): string[] => {
    const found = known.get(name);
    return found ? [...dependenciesOf(found.module.content).flatMap(filesOf), found.file] : [];
  };
  return modules
    .map(({ name, content }) => {
      // Those of devices have wildcards.
      const aliases = fieldsOf(content, 'alias').filter((alias) => /^[\w:.,/-]+$/.test(alias));
      return `${[name, ...aliases].join('|')}) load ${[...new Set(filesOf(name))].join(' ')} ;;\n`;
    })
    .join('');
};
