/** The reference page of the lab language, from the schema's own words. Pure. */
import { z } from 'zod';
import { Reply } from './schema/expectation.ts';
import { type Named, names } from './schema/names.ts';
import { Container, everyNode, linkServices } from './schema/node.ts';
import {
  NeighbourAdvertisementPacket,
  NeighbourSolicitationPacket,
  Packet,
  RedirectPacket,
  RouterAdvertisementPacket,
} from './schema/packet.ts';
import {
  CommandProbe,
  FetchProbe,
  IceProbe,
  InboundProbe,
  Probe,
  QueryProbe,
  ResolveProbe,
  ReverseProbe,
  SocketProbe,
} from './schema/probe.ts';
import { Daemon, PrefixInformation, RouteInformation } from './schema/services.ts';
import { AddressFamily, Ipv4Address, Ipv4Prefix, Ipv6Address, Ipv6Prefix, Mac } from './schema/values.ts';
import * as schema from './schema.ts';
import { isOptional, required } from './schema-tree.ts';

type Schema = z.core.$ZodType;

/** @param example the text of a lab, printed first; its comments explain it */
export const referencePage = (example: string): string =>
  `${[introduction(example), ...sections(), placeholders, values()].join('\n\n')}\n`;

const introduction = (example: string): string => `# The lab language

<!-- Written by scripts/generate-docs.ts from src/lab/schema/: change it there. -->

A lab is one YAML file, and one experiment: what is there, what happens, what is asked, what should be seen.

\`\`\`yaml
${example.trim()}
\`\`\`

\`miflab check LAB\` finds every mistake at once. [lab.schema.json](lab.schema.json) lets an editor complete and
validate: put \`# yaml-language-server: $schema=PATH/lab.schema.json\` into the first line. In the tables below, keys
in bold must be there.`;

const nodeKeys = [...Object.keys(everyNode), ...Object.keys(linkServices)];

const sections = (): string[] => [
  section('Lab', schema.Lab),
  section('Network', schema.Network),
  section('Impairment', schema.Impairment),
  heading(
    'Node',
    'A node is a router, a server, a host or the host under test: its role is the key that names its links.',
  ),
  section('Router', schema.Router, nodeKeys),
  section('Server', schema.Server, nodeKeys),
  section('OtherHost', schema.OtherHost, nodeKeys),
  section('HostUnderTest', schema.HostUnderTest, nodeKeys),
  section('Container', Container),
  heading('Keys of every node', '', rows(everyNode)),
  heading('Services of routers and hosts', '', rows(linkServices)),
  section('RouterAdvertisement', schema.RouterAdvertisement),
  section('PrefixInformation', PrefixInformation),
  section('RouteInformation', RouteInformation),
  section('DhcpV4', schema.DhcpV4),
  section('DhcpV6', schema.DhcpV6),
  section('DnsServer', schema.DnsServer),
  heading('Daemons', 'A map of names to Daemon: programs besides the services that miflab knows.'),
  section('Daemon', Daemon),
  section('Route', schema.Route),
  section('Rule', schema.Rule),
  section('Step', schema.Step),
  section('State', schema.State),
  section('Packet', Packet),
  section('RouterAdvertisementPacket', RouterAdvertisementPacket),
  section('NeighbourAdvertisementPacket', NeighbourAdvertisementPacket),
  section('NeighbourSolicitationPacket', NeighbourSolicitationPacket),
  section('RedirectPacket', RedirectPacket),
  section('Probe', Probe),
  section('SocketProbe', SocketProbe),
  section('QueryProbe', QueryProbe),
  section('ResolveProbe', ResolveProbe),
  section('ReverseProbe', ReverseProbe),
  section('FetchProbe', FetchProbe),
  section('IceProbe', IceProbe),
  section('InboundProbe', InboundProbe),
  section('CommandProbe', CommandProbe),
  heading('Expectations', 'A map of the name of a probe to its Expectation.'),
  heading('Expectation', expectation),
  section('ExpectedDecision', schema.ExpectedDecision),
  section('Reply', Reply),
  section('Control', schema.Control),
];

const section = (name: string, object: z.ZodObject, without: string[] = []): string => {
  const shape = Object.fromEntries(Object.entries(object.shape).filter(([key]) => !without.includes(key)));
  const besides = without.length > 0 ? ', besides the keys of every node' : '';
  return heading(name, `${descriptionOf(object)}${besides}.`, rows(shape));
};

const heading = (title: string, text: string, table: string[] = []): string =>
  [
    `## ${title}`,
    ...(text ? [text] : []),
    ...(table.length > 0 ? [['| key | value | meaning |', '|---|---|---|', ...table].join('\n')] : []),
  ].join('\n\n');

/** A row per key; those of maps without a section of their own follow below them: rdnss.servers. */
const rows = (shape: z.core.$ZodShape, before = ''): string[] =>
  Object.entries(shape).flatMap(([key, value]) => {
    const name = `${before}${key}`;
    const inner = itemOf(required(value));
    const inside = inner instanceof z.ZodObject && !idOf(inner) ? rows(inner.shape, `${name}.`) : [];
    return [row(isOptional(value) ? `\`${name}\`` : `**\`${name}\`**`, value), ...inside];
  });

const row = (key: string, value: Schema): string =>
  `| ${[key, typeOf(value), descriptionOf(value) ?? ''].map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

/** What a list holds, and a map that stands beside other kinds of value; else the schema itself. */
const itemOf = (value: Schema): Schema => {
  if (value instanceof z.ZodArray) return itemOf(required(value.element));
  if (value instanceof z.ZodUnion)
    return value.options.find((option) => option instanceof z.ZodObject) ?? value;
  return value;
};

const metaOf = (value: Schema) => z.globalRegistry.get(value);

/** The name of a section, also through another description of the same schema. */
const idOf = (value: Schema): string | undefined => {
  const id = metaOf(value)?.id;
  return id ?? (value._zod.parent && idOf(value._zod.parent));
};

const descriptionOf = (value: Schema): string | undefined =>
  metaOf(value)?.description ?? metaOf(required(value))?.description;

const labels: Record<Named, string> = {
  network: 'a network',
  'network or internet': 'a network or `internet`',
  'own link': 'a link of the node',
  'host link': 'a link of the host',
  node: 'a node',
  daemon:
    'a daemon: `NODE.ra`, `NODE.dhcpv4`, `NODE.dhcpv6` (on one of several links `NODE.ra-LINK`), `NODE.dns`, `NODE.NAME`',
  probe: 'a probe',
  'earlier probe': 'an earlier probe',
  address: 'an address',
  prefix: 'a prefix',
  'on-link': '`on-link`',
  none: '`none`',
};

function typeOf(value: Schema): string {
  const inner = required(value);
  const named = names.get(inner);
  if (named) return named.of.map((one) => labels[one]).join(' or ');
  const id = idOf(inner);
  if (id) return `[${id}](#${id.toLowerCase()})`;
  if (inner instanceof z.ZodEnum) return inner.options.map((option) => `\`${option}\``).join(', ');
  if (inner instanceof z.ZodLiteral) return `\`${[...inner.values].join('`, `')}\``;
  if (inner instanceof z.ZodUnion) return inner.options.map(typeOf).join(' or ');
  if (inner instanceof z.ZodArray) return `list, each ${typeOf(inner.element)}`;
  if (inner instanceof z.ZodTuple) return `[${inner.def.items.map(typeOf).join(', ')}]`;
  if (inner instanceof z.ZodRecord) return `map of ${typeOf(inner.keyType)} to ${typeOf(inner.valueType)}`;
  if (inner instanceof z.ZodObject) return 'map';
  if (inner instanceof z.ZodNumber) return `${inner.format ? 'whole number' : 'number'}${limits(inner)}`;
  if (inner instanceof z.ZodBoolean) return 'true or false';
  if (inner instanceof z.ZodString) return 'text';
  return 'anything';
}

const limits = ({ minValue, maxValue }: z.ZodNumber): string => {
  const least = minValue === Number.MIN_SAFE_INTEGER ? null : minValue;
  const most = maxValue === Number.MAX_SAFE_INTEGER ? null : maxValue;
  if (least === null) return '';
  return most === null ? `, at least ${least}` : `, ${least} to ${most}`;
};

const expectation =
  'An ExpectedDecision, or `one-of: [ … ]` with two of them or more: any of these is right, and the one that happened is recorded.';

const placeholders = `## Addresses in raw texts

Where a lab says something in the words of a program (\`ip\`, \`tc\`, \`nftables\`, \`text\`, \`command\`, \`run\`), a
reference stands for an address, so that the lab need not know it:

| reference | stands for |
|---|---|
| \`\${NODE.LINK}\`, \`\${NODE.LINK.ipv6}\` | the IPv6 address of the node on the link |
| \`\${NODE.LINK.ipv4}\` | its IPv4 address there |
| \`\${NODE.LINK.link-local}\` | its link-local address there |
| \`\${NODE.LINK.mac}\` | its MAC address there |

## Paths of changes

Controls and \`change\` steps name what they change by its path: \`nodes.lte-router.ra.lte.preference\`; items of lists
by their number from 0: \`experiment.1.settle\`; keys with dots in brackets:
\`nodes.host.sysctls["net.ipv4.conf.all.rp_filter"]\`. All but the last part must exist. A map is merged into what
stands there and null removes (RFC 7396); lists are replaced. Several changes are made one after the other.`;

const values = (): string => {
  const rowsOfValues = [
    schema.Name,
    schema.Duration,
    schema.Lifetime,
    schema.Address,
    Ipv4Address,
    Ipv6Address,
    schema.Prefix,
    Ipv4Prefix,
    Ipv6Prefix,
    schema.AddressWithLength,
    Mac,
    AddressFamily,
    schema.Preference,
    schema.DnsRecords,
  ].map((value) => `| <a id="${idOf(value)!.toLowerCase()}"></a>${idOf(value)} | ${descriptionOf(value)} |`);
  return ['## Values', ['| value | meaning |', '|---|---|', ...rowsOfValues].join('\n')].join('\n\n');
};
