/** dnsmasq as a DNS server that answers from the records of the lab (dnsmasq(8)). Pure. */
import type { DnsRecords, DnsServer } from '../lab/schema.ts';
import { READY_MS } from '../plan/ready.ts';
import type { PlannedService, ServiceContext } from './service.ts';

export const dnsmasqDns = (dns: DnsServer, context: ServiceContext): PlannedService => {
  const file = `${context.folder}/dnsmasq.conf`;
  const lines = [
    'no-resolv',
    'no-hosts',
    ...context.interfaces.map(({ name }) => `interface=${name}`),
    'except-interface=lo',
    'bind-interfaces',
    'log-queries',
    'log-facility=-',
    // What is its own to answer has no data where it has no record; all else it refuses, having nobody to ask.
    ...(dns.otherwise === 'refuse' ? Object.keys(dns.records ?? {}) : ['#']).map(
      (name) => `local=/${absolute(name.replace(/^\*\./, ''))}/`,
    ),
    ...recordLines(dns.records ?? {}),
    ...(dns.text ? [dns.text] : []),
  ];
  return {
    program: 'dnsmasq',
    // -d: without it dnsmasq changes its group, which a user namespace with a single id forbids.
    command: ['dnsmasq', '-d', '-C', file],
    files: { [file]: `${lines.join('\n')}\n` },
    ready: { output: 'started, version', withinMs: READY_MS },
    reload: 'restart',
  };
};

/** What of a DNS server dnsmasq cannot say: where it stands in the lab, and why not. */
export const dnsmasqDnsLimits = (dns: DnsServer): { path: string[]; message: string }[] => [
  ...(dns.views
    ? [{ path: ['views'], message: 'dnsmasq gives every client the same answer: views need unbound' }]
    : []),
  ...(dns.otherwise === 'servfail' || dns.otherwise === 'drop'
    ? [
        {
          path: ['otherwise'],
          message: `dnsmasq cannot answer other names with ${dns.otherwise}: nxdomain, refuse, or unbound`,
        },
      ]
    : []),
  ...Object.entries(dns.records ?? {}).flatMap(([name, types]) =>
    Object.keys(types)
      .filter((type) => !isSayable(name, type))
      .map((type) => ({
        path: ['records', name, type],
        message: `dnsmasq cannot serve ${type} records of ${name.startsWith('*.') ? 'a wildcard' : 'a name'}: unbound can`,
      })),
  ),
];

const isSayable = (name: string, type: string): boolean =>
  name.startsWith('*.') ? type === 'A' || type === 'AAAA' : Object.hasOwn(WORDS, type);

const words = (value: string): string[] => value.trim().split(/\s+/);
const absolute = (name: string): string => name.replace(/\.$/, '');

/** A record in the words of dnsmasq; the value is written as in a zone file. */
const WORDS: Record<string, (name: string, value: string) => string> = {
  A: (name, value) => `host-record=${name},${value}`,
  AAAA: (name, value) => `host-record=${name},${value}`,
  CNAME: (name, value) => `cname=${name},${absolute(value)}`,
  PTR: (name, value) => `ptr-record=${name},${absolute(value)}`,
  TXT: (name, value) => `txt-record=${name},${value}`,
  MX: (name, value) => {
    const [preference, target] = words(value);
    return `mx-host=${name},${absolute(target!)},${preference}`;
  },
  SRV: (name, value) => {
    const [priority, weight, port, target] = words(value);
    return `srv-host=${name},${absolute(target!)},${port},${priority},${weight}`;
  },
  CAA: (name, value) => {
    const [flags, tag, ...rest] = words(value);
    return `caa-record=${name},${flags},${tag},${rest.join(' ').replaceAll('"', '')}`;
  },
};

const recordLines = (records: DnsRecords): string[] =>
  Object.entries(records).flatMap(([name, types]) =>
    Object.entries(types).flatMap(([type, values]) =>
      [values]
        .flat()
        .map((value) =>
          name.startsWith('*.')
            ? `address=/${absolute(name.slice(2))}/${value}`
            : WORDS[type]!(absolute(name), value),
        ),
    ),
  );
