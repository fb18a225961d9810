/** unbound as a DNS server that answers from the records of the lab (unbound.conf(5)). Pure. */
import type { DnsRecords, DnsServer } from '../lab/schema.ts';
import { READY_MS } from '../plan/ready.ts';
import type { PlannedService, ServiceContext } from './service.ts';

/** What a name without a record gets, as the type of the root's local zone; an authoritative root says NXDOMAIN itself. */
const OTHERWISE = { nxdomain: undefined, refuse: 'refuse', drop: 'deny', servfail: undefined } as const;
const TTL = 60;

export const unbound = (dns: DnsServer, context: ServiceContext): PlannedService => {
  const file = `${context.folder}/unbound.conf`;
  return {
    program: 'unbound',
    command: ['unbound', '-d', '-p', '-c', file],
    files: {
      [file]: configuration(dns, context),
      [zoneFileOf(context)]: zoneFile(dns.records ?? {}),
    },
    ready: { output: 'start of service', withinMs: READY_MS },
    reload: 'SIGHUP',
  };
};

const zoneFileOf = ({ folder }: ServiceContext): string => `${folder}/records.zone`;

const configuration = (dns: DnsServer, context: ServiceContext): string => {
  const otherwise = dns.otherwise ?? 'nxdomain';
  const addresses = context.interfaces.flatMap((own) =>
    own.addresses.map((address) => address.split('/')[0]!),
  );
  return [
    'server:',
    ...[
      ...addresses.map((address) => `interface: ${address}`),
      'ip-freebind: yes',
      'username: ""',
      'chroot: ""',
      `directory: "${context.folder}"`,
      'pidfile: ""',
      'use-syslog: no',
      'logfile: ""',
      'verbosity: 1',
      'log-queries: yes',
      'access-control: 0.0.0.0/0 allow',
      'access-control: ::/0 allow',
      'module-config: "iterator"',
      // Private reverse zones and special names (RFC 6303, RFC 6761) belong to the lab.
      'unblock-lan-zones: yes',
      ...['home.arpa', 'test', 'invalid', 'onion'].map((name) => `local-zone: "${name}." nodefault`),
      ...otherNames(dns),
      ...Object.keys(dns.views ?? {}).flatMap((link) =>
        (context.prefixesByLink[link] ?? []).map((prefix) => `access-control-view: ${prefix} ${link}`),
      ),
    ].map((line) => `  ${line}`),
    ...Object.entries(dns.views ?? {}).flatMap(([link, records]) => [
      'view:',
      ...[`name: "${link}"`, 'view-first: yes', ...zonesOf(records)].map((line) => `  ${line}`),
    ]),
    ...(otherwise === 'servfail'
      ? // A name that goes on to a server which is not there ends in SERVFAIL.
        ['forward-zone:', '  name: "."', '  forward-addr: 127.0.0.1@9']
      : // An authority follows its CNAMEs and knows wildcards, which local data does not.
        ['auth-zone:', '  name: "."', `  zonefile: "${zoneFileOf(context)}"`, '  for-upstream: no']),
    ...(dns.text ? [dns.text] : []),
    '',
  ].join('\n');
};

/** The names that are not the authority's to answer, or, where none is, all that are known. */
const otherNames = ({ otherwise = 'nxdomain', records = {} }: DnsServer): string[] => {
  if (otherwise === 'servfail') return zonesOf(records);
  const type = OTHERWISE[otherwise];
  return type
    ? [
        `local-zone: "." ${type}`,
        ...Object.keys(records).map((name) => `local-zone: "${ownerOf(name)}" transparent`),
      ]
    : [];
};

const zoneFile = (records: DnsRecords): string =>
  [
    `. ${TTL} IN SOA . . 1 3600 600 86400 ${TTL}`,
    `. ${TTL} IN NS localhost.`,
    ...Object.entries(records).flatMap(([name, types]) =>
      Object.entries(types).flatMap(([type, values]) =>
        [values].flat().map((value) => `${name.replace(/\.$/, '')}. ${TTL} IN ${type} ${value}`),
      ),
    ),
    '',
  ].join('\n');

/** What of a DNS server unbound cannot do: where it stands in the lab, and why not. */
export const unboundLimits = (dns: DnsServer): { path: string[]; message: string }[] => {
  const aliases = (records: DnsRecords, path: string[], where: string) =>
    Object.entries(records)
      .filter(([, types]) => types.CNAME)
      .map(([name]) => ({
        path: [...path, name, 'CNAME'],
        message: `unbound follows no CNAME ${where}: give the name its addresses`,
      }));
  return [
    ...(dns.otherwise === 'servfail'
      ? aliases(dns.records ?? {}, ['records'], 'beside otherwise: servfail')
      : []),
    ...Object.entries(dns.views ?? {}).flatMap(([link, records]) =>
      aliases(records, ['views', link], 'of a view'),
    ),
  ];
};

/** Each name is a zone of its own, so that a type it lacks is answered with no data, whatever other names get. */
const zonesOf = (records: DnsRecords): string[] =>
  Object.entries(records).flatMap(([name, types]) => [
    `local-zone: "${ownerOf(name)}" ${name.startsWith('*.') ? 'redirect' : 'static'}`,
    ...Object.entries(types).flatMap(([type, values]) =>
      [values].flat().map((value) => `local-data: '${ownerOf(name)} ${TTL} IN ${type} ${value}'`),
    ),
  ]);

/** A wildcard's records stand at the zone that is redirected to them. */
const ownerOf = (name: string): string => `${name.replace(/^\*\./, '').replace(/\.$/, '')}.`;
