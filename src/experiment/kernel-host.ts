/** A host whose IP stack is the kernel of its network namespace: asked by netlink and through sockets. */
import type { Plan } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { watchHost, watchResolver } from '../testbed/host-watch.ts';
import { plannedNode } from '../testbed/lab.ts';
import { kernelAnswer } from '../testbed/netlink.ts';
import { inNode } from '../testbed/places.ts';
import type { Recorder } from '../testbed/recorder.ts';
import { startResponders } from '../testbed/responders.ts';
import type { Host } from './host.ts';
import { kernelSockets } from './kernel-sockets.ts';
import { routeGet } from './route-get.ts';

export const kernelHost = (plan: Plan, recorder: Recorder): Host => {
  const { node } = plan.host;
  const { tables, names } = watchHost(
    node,
    ['links', 'addresses', 'routes', 'neighbours', 'rules'],
    recorder,
  );
  const kernel = { answer: kernelAnswer(node), links: names };
  return {
    ...kernelSockets(node, recorder),
    tables,
    resolvConf: watchResolver(plan, recorder),
    hasNoticed: (link, carrier) => tables().links.find((one) => one.interface === link)?.carrier === carrier,
    wayTo: (destination, question) => routeGet(kernel, destination, question),
    run: (command) => runProgram(inNode(plannedNode(plan, node), command)),
    listen: (responders) => startResponders(responders, recorder),
  };
};
