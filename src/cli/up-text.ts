/** What `up` says of a lab that is up. Pure. */
import type { Tables } from '../evidence/tables.ts';
import type { Plan, PlannedInterface, PlannedNode } from '../plan/plan.ts';
import { miflab } from '../suite/called-as.ts';
import { columns } from './columns.ts';

/** Its nodes with their links and addresses, and what to type next. */
export function upText(plan: Plan, title: string, tables: Tables): string {
  const nodes = plan.nodes.filter(({ role }) => role !== 'internet');
  const host = nodes.find(({ role }) => role === 'under-test')!;
  const link = host.interfaces[0]?.link ?? '';
  const commands = [
    [`${miflab} exec ${plan.lab} ${host.name} -- ip addr`, 'a command on a node'],
    [`${miflab} exec ${plan.lab} ${host.name}`, 'a shell there'],
    [`${miflab} capture ${plan.lab} ${link} | wireshark -k -i -`, 'packets as they pass'],
  ];
  return [
    title,
    columns(nodes.flatMap((node) => rowsOf(node, tables))),
    `${plan.lab} is up. From another terminal:`,
    ...commands.map(([command, meaning]) => `  ${command}\n      ${meaning}`),
    'Ctrl-C ends it, and all that belongs to it.',
    '',
  ].join('\n');
}

const rowsOf = (node: PlannedNode, tables: Tables): string[][] =>
  node.interfaces.map((one, index) => [
    index === 0 ? `  ${node.name}` : '',
    index === 0 ? node.role.replace('-', ' ') : '',
    one.name,
    addressesOf(node, one, tables).join(', '),
  ]);

/** Of the host under test what it has now, of the others what the lab gave them. */
function addressesOf(node: PlannedNode, { name, addresses }: PlannedInterface, tables: Tables): string[] {
  if (node.role !== 'under-test') return addresses;
  return tables.addresses
    .filter((entry) => entry.interface === name && entry.scope !== 'link')
    .map(({ address, prefixLength, flags }) => {
      const tentative = flags.includes('tentative') ? ' (tentative)' : '';
      return `${address}/${prefixLength}${tentative}`;
    });
}
