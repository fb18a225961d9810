/** unbound as a DNS server that answers from the records of the lab (unbound.conf(5)). Pure. */
import type { DnsRecords, DnsServer } from '../lab/schema.ts';
import type { PlannedService, ServiceContext } from './service.ts';

/** What a name without a record gets, as the type of the root's local zone. */
const OTHERWISE = { nxdomain: 'static', refuse: 'refuse', drop: 'deny' } as const;
const TTL = 60;

export const unbound = (dns: DnsServer, context: ServiceContext): PlannedService => {
  const file = `${context.folder}/unbound.conf`;
  return {
    program: 'unbound',
    command: ['unbound', '-d', '-p', '-c', file],
    files: { [file]: configuration(dns, context) },
    ready: { output: 'start of service', withinMs: 10_000 },
    reload: 'SIGHUP',
  };
};

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
      ...(otherwise === 'servfail' ? [] : [`local-zone: "." ${OTHERWISE[otherwise]}`]),
      ...zonesOf(dns.records ?? {}),
      ...Object.keys(dns.views ?? {}).flatMap((link) =>
        (context.prefixesByLink[link] ?? []).map((prefix) => `access-control-view: ${prefix} ${link}`),
      ),
    ].map((line) => `  ${line}`),
    ...Object.entries(dns.views ?? {}).flatMap(([link, records]) => [
      'view:',
      ...[`name: "${link}"`, 'view-first: yes', ...zonesOf(records)].map((line) => `  ${line}`),
    ]),
    // A name that goes on to a server which is not there ends in SERVFAIL.
    ...(otherwise === 'servfail' ? ['forward-zone:', '  name: "."', '  forward-addr: 127.0.0.1@9'] : []),
    ...(dns.text ? [dns.text] : []),
    '',
  ].join('\n');
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
