/** A host whose IP stack is a program of its network namespace, which is asked by lines of JSON (foreign-messages.ts). */
import { decodeNetlink, type HostChange } from '../evidence/netlink.ts';
import { applyEvent, emptyTables } from '../evidence/tables.ts';
import type { HostAnswer, NetlinkEvent } from '../evidence/timeline.ts';
import type { Plan, Responder } from '../plan/plan.ts';
import type { Finished } from '../sys/program.ts';
import type { Daemons } from '../testbed/daemons.ts';
import { EvidenceFault } from '../testbed/faults.ts';
import { watchHost, watchResolver } from '../testbed/host-watch.ts';
import { plannedNode } from '../testbed/lab.ts';
import { type Recorder, type UntimedEvent, until } from '../testbed/recorder.ts';
import { hashSeedCommand, setSysctls } from '../testbed/sysctls.ts';
import type { FlowQuestion, ForeignAnswers, ForeignOrder, ForeignWord } from './foreign-messages.ts';
import type { Host } from './host.ts';
import { routeGet } from './route-get.ts';

/** Longer than a program takes to answer, in an emulated guest on a busy machine too; reached only by a hang. */
const ANSWER_MS = 60_000;
/** As runProgram of the lab process allows. */
const PROGRAM_MS = 60_000;

const NOT_RUNNING = 'no stack runs on the host';

export const foreignHost = (plan: Plan, recorder: Recorder, daemons: Daemons, program: string): Host => {
  const { node, guest } = plan.host;
  const links = plannedNode(plan, node).interfaces.map(({ name }) => name);
  const passedOn = new Map<string, { id: number; carrier: boolean }>();
  const answers = new Map<number, ForeignAnswers[keyof ForeignAnswers]>();
  const names = new Map<number, string>();
  let told = emptyTables();
  let listening: Responder[] = [];
  let ready = false;
  let orders = 0;

  /** Its number; undefined where nobody is there to be told. */
  const give = (order: ForeignOrder): number | undefined =>
    daemons.tell(program, JSON.stringify({ id: ++orders, ...order })) ? orders : undefined;

  const carryOut = async <Order extends ForeignOrder>(
    order: Order,
    withinMs = 0,
  ): Promise<ForeignAnswers[Order['order']] | undefined> => {
    const id = give(order);
    if (id === undefined) return undefined;
    const answer = await until(recorder, { ms: withinMs + ANSWER_MS }, () => answers.get(id));
    if (!answer) throw new EvidenceFault(`${program} did not answer the order '${order.order}'`);
    return answer as ForeignAnswers[Order['order']];
  };

  /** The kernel of the namespace knows of carrier, and the program is told. */
  const passOn = (link: string, carrier: boolean) => {
    if (!ready || !links.includes(link) || (passedOn.get(link)?.carrier ?? false) === carrier) return;
    const id = give({ order: 'link', link, carrier });
    if (id !== undefined) passedOn.set(link, { id, carrier });
  };

  /** The kernel below keeps still from here on. One that was started again knows of nothing. */
  const begin = () => {
    ready = true;
    setSysctls(
      node,
      links.map((link) => [`net.ipv6.conf.${link}.disable_ipv6`, '1']),
    );
    passedOn.clear();
    told = emptyTables();
    if (guest) give({ order: 'run', command: hashSeedCommand(plan.hashSeed) });
    for (const { protocol, port } of listening)
      if (protocol === 'udp' || protocol === 'tcp') give({ order: 'listen', protocol, port });
    for (const link of kernel.tables().links) passOn(link.interface, link.carrier);
  };

  /** Of links the kernel of the namespace tells, unless the host has a kernel of its own. */
  const takeUp = (change: HostChange) => {
    if (change.object === 'link' && !guest) return;
    const event = { node, ...change } as UntimedEvent;
    told = applyEvent(told, { at: recorder.elapsed(), ...event } as NetlinkEvent);
    recorder.record(event);
  };

  const run = async (command: string[], input?: string): Promise<Finished> =>
    (await carryOut({ order: 'run', command, input }, PROGRAM_MS)) ?? {
      code: null,
      output: '',
      errors: NOT_RUNNING,
    };

  const open = async (question: FlowQuestion): Promise<HostAnswer> =>
    (await carryOut({ order: 'ask', ...question }, question.withinMs)) ?? { error: NOT_RUNNING };

  const askAgain = async (flow: string, data: string): Promise<HostAnswer> =>
    (await carryOut({ order: 'again', flow, data })) ?? { error: NOT_RUNNING };

  const askGuest: Host['ask'] = async ({ data, ...flow }, beforeSent) => {
    const opened = await open(flow);
    await beforeSent(opened.socketPort);
    if (opened.error) return opened;
    const { error } = await askAgain(flow.flow, data);
    // A connection that nobody answered has nothing to send, and its own silence says so.
    return flow.kind === 'tcp' ? opened : { ...opened, error };
  };

  const ownKernel = {
    answer: async (request: Uint8Array) => {
      const order = { order: 'netlink', request: Buffer.from(request).toString('hex') } as const;
      return Buffer.from((await carryOut(order))?.said ?? '', 'hex');
    },
    links: names,
  };

  recorder.watch((event) => {
    if (event.kind !== 'log' || event.daemon !== program || event.stream !== 'stdout') return;
    const word = wordOf(event.text);
    if (!word) return;
    if ('ready' in word) begin();
    else if ('told' in word) takeUp(word.told);
    else if ('netlink' in word)
      for (const change of decodeNetlink(Buffer.from(word.netlink, 'hex'), names)) takeUp(change);
    else answers.set(word.id, word.answer);
  });
  const kernel = watchHost(node, ['links'], recorder, (change) => {
    if (!guest) recorder.record({ node, ...change } as UntimedEvent);
    if (change.object === 'link') passOn(change.interface, change.carrier);
  });

  return {
    tables: () => (guest ? told : { ...told, links: kernel.tables().links }),
    resolvConf: watchResolver(plan, recorder),
    hasNoticed: (link, carrier) => {
      if (guest) return told.links.find((one) => one.interface === link)?.carrier === carrier;
      const last = passedOn.get(link);
      return last ? last.carrier === carrier && answers.has(last.id) : !carrier;
    },
    ask: guest ? askGuest : open,
    askAgain,
    wayTo: async (destination, question) => (guest ? routeGet(ownKernel, destination, question) : undefined),
    run,
    listen: (responders) => {
      listening = responders;
    },
  };
};

const wordOf = (line: string): ForeignWord | undefined => {
  try {
    return JSON.parse(line) as ForeignWord;
  } catch {
    return undefined;
  }
};
