/** A host whose IP stack is the kernel of its network namespace: asked by netlink, by ip(8) and through sockets. */
import type { Plan } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { watchHost, watchResolver } from '../testbed/host-watch.ts';
import { plannedNode } from '../testbed/lab.ts';
import { inNode, networkOf } from '../testbed/places.ts';
import type { Recorder } from '../testbed/recorder.ts';
import { startResponders } from '../testbed/responders.ts';
import type { Host } from './host.ts';
import { kernelSockets } from './kernel-sockets.ts';
import { routeGet } from './route-get.ts';

export const kernelHost = (plan: Plan, recorder: Recorder): Host => {
  const { node } = plan.host;
  const { tables } = watchHost(node, ['links', 'addresses', 'routes', 'neighbours', 'rules'], recorder);
  return {
    ...kernelSockets(node, recorder),
    tables,
    resolvConf: watchResolver(plan, recorder),
    hasNoticed: (link, carrier) => tables().links.find((one) => one.interface === link)?.carrier === carrier,
    wayTo: (destination, question) =>
      routeGet((command) => runProgram(inNode(networkOf({ name: node }), command)), destination, question),
    run: (command) => runProgram(inNode(plannedNode(plan, node), command)),
    listen: (responders) => startResponders(responders, recorder),
  };
};
