import { execa } from 'execa';

/**
 * From where this machine gets Debian itself; undefined where it is no Debian, and mmdebstrap's own default holds.
 */
export const debianMirror = async (): Promise<string | undefined> => {
  const { stdout } = await execa(
    'apt-get',
    ['indextargets', '--format', '$(LABEL) $(REPO_URI)', 'Created-By: Packages'],
    { reject: false },
  );
  return stdout
    ?.split('\n')
    .map((line) => line.split(' '))
    .find(([label]) => label === 'Debian')?.[1];
};
