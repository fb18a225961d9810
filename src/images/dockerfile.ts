/** The Dockerfiles of the user lands, for those who keep them in a registry: images/NAME.Dockerfile. Pure. */
import type { Definition, PulledDefinition } from './definition.ts';

const GENERATED = '# Generated from images/user-lands.yaml: make docs\n';

/** Debian's slim image has what --variant=minbase has; what is left out of the user land is left out here. */
const debianDockerfile = ({ description, debian, packages, without }: Definition): string =>
  `${GENERATED}# ${description}
FROM debian:${debian}-slim
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends \\
${packages.map((name) => `      ${name} \\\n`).join('')} && rm -rf /var/lib/apt/lists/* /etc/machine-id ${without.join(' ')}
`;

const alpineDockerfile = ({ description, base, packages }: PulledDefinition): string =>
  `${GENERATED}# ${description}
FROM ${base}
RUN apk add --no-cache \\
${packages.map((name) => `      ${name}`).join(' \\\n')}
`;

/** The text of every file, by its path from the project's folder. */
export const dockerfiles = ({
  images,
  pulled,
}: {
  images: Record<string, Definition>;
  pulled: Record<string, PulledDefinition>;
}): Record<string, string> =>
  Object.fromEntries([
    ...Object.entries(images).map(([name, definition]) => [fileOf(name), debianDockerfile(definition)]),
    ...Object.entries(pulled).map(([name, definition]) => [fileOf(name), alpineDockerfile(definition)]),
  ]);

const fileOf = (name: string): string => `images/${name}.Dockerfile`;
