/** Hosts in containers: what such a host cannot do. Pure. */
import type { Plan, PlannedFile } from './plan.ts';

/** In the name of a stack: in the files of the host's container, as `trixie` is in those of a user land. */
export const IN_CONTAINER = 'container';

/** Why this plan asks more of a host in a container than it can do, in one sentence. */
export const beyondContainers = ({ nodes, daemons, steps, builds, host }: Plan): string | undefined => {
  const contained = (node: string) =>
    nodes.find(({ name, container }) => name === node && container)?.container;
  const withInit = (node: string) => contained(node)?.init === true;
  const reasons = [
    ...nodes
      .filter(({ container, files }) => container?.init === false && isLink(files['/etc/resolv.conf']))
      .map(
        ({ name }) =>
          `the resolver of ${name} keeps /etc/resolv.conf as a link, and the engine mounts a file there: only an init may take it away`,
      ),
    ...daemons
      .filter(({ node }) => withInit(node))
      .map(({ id }) => `the lab starts ${id}, and in that container only its own init starts programs`),
    ...steps.flatMap((step) => {
      if (step.kind === 'run' && withInit(step.node))
        return `the lab runs a command on ${step.node}, and in that container only its own init starts programs`;
      if (step.kind === 'files' && contained(step.node))
        return `the lab changes files of ${step.node}, and a container has them from its beginning`;
      if (step.kind === 'reconfigure' && contained(step.daemon.node))
        return `the lab changes files of ${step.daemon.node}, and a container has them from its beginning`;
      if (step.kind === 'wait' && step.state.resolvers.length > 0 && contained(host.node))
        return `the lab waits for name servers, and in a container nobody reads the resolver configuration`;
      if (step.kind === 'probe' && step.probe.question.kind === 'command' && withInit(step.probe.node))
        return `the lab runs a command on ${step.probe.node}, and in that container only its own init starts programs`;
      return [];
    }),
    ...(contained(host.node) ? builds : []).map(
      ({ name }) => `the client ${name} is built on the machine, and a container does not see it`,
    ),
  ];
  return reasons[0];
};

const isLink = (file: PlannedFile | undefined): boolean => typeof file === 'object' && 'link' in file;
