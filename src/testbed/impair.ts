/**
 * Loss, rate and delay of a link. Loss and rate work on every kernel with nftables and tbf: frames are lost
 * behind the capture, where they enter the fabric, and wait where they leave it. Delay needs netem.
 */
import type { Plan, PlannedImpairment } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { LabFault } from './faults.ts';
import { FABRIC, inNode } from './places.ts';

const fabric = { name: FABRIC, ownFiles: false };

export const impairLink = async (
  plan: Plan,
  link: string,
  { loss, rate, delay }: PlannedImpairment,
): Promise<void> => {
  const ports = plan.nodes.flatMap(({ interfaces }) =>
    interfaces.filter((own) => own.link === link).map(({ port }) => port.name),
  );
  const { bridge, mtu } = plan.links.find(({ name }) => name === link)!;
  const table = `miflab_${bridge!.name}`;
  const devices = ports.map((port) => `"${port}"`).join(', ');
  await must(
    ['nft', '-f', '-'],
    `table netdev ${table}\ndelete table netdev ${table}\n${
      !loss
        ? ''
        : `table netdev ${table} {
  chain ingress {
    type filter hook ingress devices = { ${devices} } priority 0;
    ${loss === 100 ? '' : `numgen random mod 10000 < ${Math.round(loss * 100)} `}drop
  }
}`
    }`,
  );
  for (const port of ports) {
    await runProgram(inNode(fabric, ['tc', 'qdisc', 'del', 'dev', port, 'root']));
    if (delay !== undefined)
      await must(['tc', 'qdisc', 'add', 'dev', port, 'root', 'handle', '1:', 'netem', 'delay', `${delay}ms`]);
    if (rate !== undefined) {
      const parent = delay === undefined ? ['root'] : ['parent', '1:'];
      await must([
        'tc',
        'qdisc',
        'add',
        'dev',
        port,
        ...parent,
        'tbf',
        'rate',
        rate,
        'burst',
        String(burstOf(rate, mtu)),
        'latency',
        '400ms',
      ]);
    }
  }
};

const must = async (command: string[], input?: string): Promise<void> => {
  const { code, errors } = await runProgram(inNode(fabric, command), input);
  if (code !== 0)
    throw new LabFault(`${command.slice(0, 2).join(' ')} for a link's loss, rate or delay: ${errors.trim()}`);
};

/** Bytes that pass at once: 10 ms of the rate, and never less than two frames, which would not pass at all. */
const burstOf = (rate: string, mtu: number): number => {
  const [, number, unit] = /^(\d+)(k|m|g)bit$/.exec(rate)!;
  const bitsPerSecond = Number(number) * { k: 1e3, m: 1e6, g: 1e9 }[unit as 'k' | 'm' | 'g'];
  return Math.round(Math.max(2 * (mtu + 14), bitsPerSecond / 8 / 100));
};
