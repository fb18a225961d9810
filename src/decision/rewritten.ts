/**
 * What the lab relies on and the host's stack took away: addresses, routes and rules that the test bed or a step put
 * on the host, and name servers that the lab states. Pure.
 */
import type { NetlinkEvent, TimelineEvent } from '../evidence/timeline.ts';
import type { Plan, PlannedStep } from '../plan/plan.ts';

const RESOLVER_FILE = '/etc/resolv.conf';
/** Of routes that somebody put there by hand (rtnetlink(7)); the kernel and daemons have names of their own. */
const BY_HAND = ['boot', 'static'];

/** A sentence for each; none where the lab itself took it away. */
export const rewrittenOf = (plan: Plan, timeline: TimelineEvent[]): string[] => {
  const lost = lostOf(plan, timeline);
  const texts = overwritten(plan, timeline);
  const who = stackOf(plan);
  return [
    ...[...lost].map(
      ([what, at]) =>
        `${who} took away what the lab relies on: ${what}, ${Math.round(at)} ms after its begin`,
    ),
    ...texts.map((text) => `${who} wrote ${RESOLVER_FILE} anew, which the lab states: ${text}`),
  ];
};

/** In the words of --stack, without its user land; the lab's own programs on a bare kernel. */
const stackOf = ({ stack, host, daemons }: Plan): string => {
  const [name] = stack.split('@') as [string];
  const own = [...new Set(daemons.filter(({ node }) => node === host.node).map(({ program }) => program))];
  return name === 'kernel' && own.length > 0 ? own.join(' or ') : name;
};

/**
 * What was there is relied upon where it came before anything ran, or during a step that changes the host; what goes
 * during such a step is the lab's own doing. Until the next step begins the changes of a step may still be told.
 */
const lostOf = (plan: Plan, timeline: TimelineEvent[]): Map<string, number> => {
  const relied = new Map<string, { interface?: string }>();
  const lost = new Map<string, number>();
  let byLab = true;
  let stepped = false;
  for (const event of timeline) {
    if (event.kind === 'daemon' && !stepped) byLab = false;
    if (event.kind === 'step' && event.phase === 'begin') {
      const step = plan.steps[event.index]!;
      stepped = true;
      byLab = changesHost(step, plan.host.node);
      for (const name of unplugged(step))
        for (const [key, thing] of relied) if (thing.interface === name) relied.delete(key);
    }
    if (event.kind !== 'netlink' || event.node !== plan.host.node) continue;
    for (const thing of thingsOf(event)) {
      const { key } = thing;
      if (event.what === 'new') {
        lost.delete(key);
        if (byLab) relied.set(key, thing);
      } else if (byLab) relied.delete(key);
      else if (relied.has(key)) lost.set(key, event.at);
    }
  }
  return lost;
};

const changesHost = (step: PlannedStep, host: string): boolean =>
  ['ip', 'sysctl', 'run', 'files'].includes(step.kind) && 'node' in step && step.node === host;

const unplugged = (step: PlannedStep): string[] =>
  step.kind === 'carrier' && !step.up ? step.interfaces.map(({ name }) => name) : [];

/** With a key that says for people what it is. */
const thingsOf = (event: NetlinkEvent): { key: string; interface?: string }[] => {
  switch (event.object) {
    case 'address': {
      const isStated = event.scope === 'global' && event.flags.includes('permanent');
      const key = `the address ${event.address}/${event.prefixLength} on ${event.interface}`;
      return isStated ? [{ key, interface: event.interface }] : [];
    }
    case 'route':
      return BY_HAND.includes(event.protocol)
        ? event.nextHops.map((hop) => ({ key: routeText(event, hop), interface: hop.interface }))
        : [];
    case 'rule':
      return [{ key: ruleText(event) }];
    default:
      return [];
  }
};

const MAIN = 254;

type RouteEvent = Extract<NetlinkEvent, { object: 'route' }>;

const routeText = (
  { family, destination, table, metric }: RouteEvent,
  { via, interface: name }: RouteEvent['nextHops'][number],
): string =>
  [
    `the ${family} route to ${destination}`,
    via ? ` via ${via}` : '',
    name ? ` on ${name}` : '',
    table === MAIN ? '' : ` in table ${table}`,
    metric ? ` with metric ${metric}` : '',
  ].join('');

const ruleText = ({ family, priority, table, from, to, mark }: Extract<NetlinkEvent, { object: 'rule' }>) =>
  [
    `the ${family} rule ${priority}`,
    from ? ` from ${from}` : '',
    to ? ` to ${to}` : '',
    mark === undefined ? '' : ` of mark ${mark}`,
    ` for table ${table}`,
  ].join('');

/** Name servers now and as the lab states them, where they differ at the end. */
const overwritten = ({ host, nodes, steps }: Plan, timeline: TimelineEvent[]): string[] => {
  const planned = nodes.find(({ name }) => name === host.node)?.files[RESOLVER_FILE];
  const laidAnew = steps.some(
    (step) => step.kind === 'files' && step.node === host.node && RESOLVER_FILE in step.files,
  );
  if (typeof planned !== 'string' || host.resolverFile !== RESOLVER_FILE || laidAnew) return [];
  const last = timeline.findLast((event) => event.kind === 'resolver');
  const [stated, found] = [planned, last?.text ?? planned].map(serversIn) as [string, string];
  return stated === '' || stated === found ? [] : [`name servers ${found || 'none'} in place of ${stated}`];
};

const serversIn = (text: string): string =>
  [...text.matchAll(/^nameserver[ \t]+(\S+)/gm)].map(([, server]) => server).join(', ');
