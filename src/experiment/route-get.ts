import type { HostAnswer } from '../evidence/timeline.ts';
import type { SocketOptions } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { inNode } from '../testbed/places.ts';

/** `ip -json route get` for what the probe asks, with its source, mark, link and user. */
export const routeGet = async (
  node: string,
  destination: string,
  options: SocketOptions,
): Promise<HostAnswer['route']> => {
  const { code, output, errors } = await runProgram(
    inNode({ name: node, ownFiles: false }, [
      'ip',
      '-json',
      'route',
      'get',
      destination,
      ...(options.bindAddress ? ['from', options.bindAddress] : []),
      ...(options.bindLink ? ['oif', options.bindLink] : []),
      ...(options.mark === undefined ? [] : ['mark', String(options.mark)]),
      ...(options.user === undefined ? [] : ['uid', String(options.user)]),
    ]),
  );
  if (code !== 0) return { error: errors.trim().replace(/^RTNETLINK answers: /, '') };
  const [route] = JSON.parse(output) as {
    dev?: string;
    gateway?: string;
    prefsrc?: string;
    via?: { host: string };
  }[];
  // Asked with a source, the kernel names the one it would have chosen: no answer to this probe.
  const source = options.bindAddress ? undefined : route?.prefsrc;
  return { interface: route?.dev, via: route?.gateway ?? route?.via?.host, source };
};
