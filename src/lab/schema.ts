/**
 * The lab language: one definition that yields the types, the validation, the JSON Schema that editors
 * complete from, and the reference page (docs/lab-language.md).
 *
 * What a schema cannot say (a link that does not exist, prefixes that overlap) is in semantics.ts.
 */
import { z } from 'zod';
import { Control, Expectations } from './schema/expectation.ts';
import { Step } from './schema/experiment.ts';
import { Network } from './schema/network.ts';
import { Node } from './schema/node.ts';
import { describe, Name, oneOrMany } from './schema/values.ts';

export { Control, Expectation, ExpectedDecision } from './schema/expectation.ts';
export { State, Step } from './schema/experiment.ts';
export { Impairment, Network } from './schema/network.ts';
export { HostUnderTest, Node, OtherHost, Route, Router, Rule, Server } from './schema/node.ts';
export { Packet } from './schema/packet.ts';
export { Probe } from './schema/probe.ts';
export { DhcpV4, DhcpV6, DnsRecords, DnsServer, RouterAdvertisement } from './schema/services.ts';
export { Address, AddressWithLength, Duration, Lifetime, Name, Preference, Prefix } from './schema/values.ts';

const topics = [
  'default-router',
  'source-address',
  'destination-address',
  'dns',
  'egress',
  'configuration',
  'host-model',
  'vpn',
  'first-hop',
  'applications',
  'order',
  'security',
  'field',
] as const;

export const Lab = describe(
  'One YAML file: one experiment',
  z.strictObject({
    title: describe('The expected decision in one sentence', z.string().min(1)),
    topic: describe('The folder of the suite it belongs to', z.enum(topics)),
    source: describe('The RFC and section that recommends it: RFC 4191 section 3.1', oneOrMany(z.string())),
    level: describe(
      'How strongly: must, should, may, or none where no RFC decides and the practice is only recorded',
      z.enum(['must', 'should', 'may', 'none']),
    ),
    why: describe('Why it matters in the field', z.string()).optional(),
    timers: describe(
      "real: the lab is about timing and runs with the kernel's defaults whatever the command says; virtual: the same in virtual time, for steps that let hours pass (docs/kernels.md)",
      z.enum(['fast', 'real', 'virtual']),
    ).optional(),
    stack: describe(
      'The host stack that the lab needs where no --stack is given (default kernel)',
      z.string(),
    ).optional(),
    needs: describe(
      'What the machine must have: kernel features (netem, vrf) and programs',
      z.array(z.string()),
    ).optional(),
    networks: describe(
      'The networks by name; internet is there without being declared',
      z.record(Name, Network),
    ),
    nodes: describe('Routers, servers, hosts and the host under test by name', z.record(Name, Node)),
    experiment: describe('What happens, step by step', z.array(Step).min(1).max(200)),
    expect: Expectations,
    control: describe('Controls: each must come out differently', z.array(Control).max(20)).optional(),
  }),
);

export type Lab = z.infer<typeof Lab>;
