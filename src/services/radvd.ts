/** radvd: router advertisements (radvd.conf(5)). Pure. */
import type { RouterAdvertisement } from '../lab/schema.ts';
import { milliseconds } from '../plan/addresses.ts';
import { READY_MS } from '../plan/ready.ts';
import type { PlannedService, ServiceContext } from './service.ts';

export const radvd = (ra: RouterAdvertisement, context: ServiceContext): PlannedService => {
  const file = `${context.folder}/radvd.conf`;
  return {
    program: 'radvd',
    command: ['radvd', '-n', '-d', '2', '-m', 'stderr', '-C', file, '-p', `${context.folder}/radvd.pid`],
    files: { [file]: configuration(ra, context) },
    // Said when the interface is set up and the first advertisement is out: a solicitation is answered from then on.
    ready: { output: 'polling for', withinMs: READY_MS },
    reload: 'SIGHUP',
  };
};

const configuration = (ra: RouterAdvertisement, context: ServiceContext): string => {
  const prefixes: NonNullable<RouterAdvertisement['prefixes']> =
    ra.prefixes ?? Object.fromEntries(context.ipv6.map((prefix) => [prefix, {}]));
  return block(`interface ${context.interface!.name}`, [
    'AdvSendAdvert on;',
    ...option('AdvDefaultPreference', ra.preference),
    ...option('AdvDefaultLifetime', ra.lifetime && seconds(ra.lifetime)),
    ...option('AdvManagedFlag', onOff(ra.managed)),
    ...option('AdvOtherConfigFlag', onOff(ra['other-config'])),
    ...option('AdvCurHopLimit', ra['hop-limit']),
    ...option('AdvLinkMTU', ra.mtu),
    ...option('AdvReachableTime', ra['reachable-time'] && milliseconds(ra['reachable-time'])),
    ...option('AdvRetransTimer', ra['retrans-timer'] && milliseconds(ra['retrans-timer'])),
    ...intervals(ra),
    ...Object.entries(prefixes).map(([prefix, own]) =>
      block(`prefix ${prefix}`, [
        ...option('AdvOnLink', onOff(own['on-link'])),
        ...option('AdvAutonomous', onOff(own.autonomous)),
        ...option('AdvRouterAddr', onOff(own['router-address'])),
        ...option('AdvValidLifetime', own['valid-lifetime'] && seconds(own['valid-lifetime'])),
        ...option('AdvPreferredLifetime', own['preferred-lifetime'] && seconds(own['preferred-lifetime'])),
      ]),
    ),
    ...Object.entries(ra.routes ?? {}).map(([prefix, own]) =>
      block(`route ${prefix}`, [
        ...option('AdvRoutePreference', own.preference),
        ...option('AdvRouteLifetime', own.lifetime && seconds(own.lifetime)),
      ]),
    ),
    ...(ra.rdnss
      ? [
          block(
            `RDNSS ${ra.rdnss.servers.map((server) => context.addressOf(server, 'ipv6')).join(' ')}`,
            option('AdvRDNSSLifetime', ra.rdnss.lifetime && seconds(ra.rdnss.lifetime)),
          ),
        ]
      : []),
    ...(ra.dnssl
      ? [
          block(
            `DNSSL ${ra.dnssl.domains.join(' ')}`,
            option('AdvDNSSLLifetime', ra.dnssl.lifetime && seconds(ra.dnssl.lifetime)),
          ),
        ]
      : []),
    ...(ra.text ? [ra.text] : []),
  ]);
};

/**
 * radvd refuses a router lifetime below the longest interval (RFC 4861 section 6.2.1) and a shortest
 * interval below 3 s, which its own default of a third falls short of: what is left out follows what is said.
 */
const intervals = (ra: RouterAdvertisement): string[] => {
  const lifetime = ra.lifetime ? milliseconds(ra.lifetime) / 1e3 : 0;
  const max = ra['max-interval']
    ? milliseconds(ra['max-interval']) / 1e3
    : lifetime > 0 && lifetime < 600
      ? lifetime
      : undefined;
  const min = ra['min-interval'] ? milliseconds(ra['min-interval']) / 1e3 : max && max < 10 ? 3 : undefined;
  return [...option('MinRtrAdvInterval', min), ...option('MaxRtrAdvInterval', max)];
};

const block = (head: string, lines: string[]): string =>
  `${head} {\n${lines.map((line) => line.replace(/^/gm, '  ')).join('\n')}\n};`;

const option = (name: string, value: string | number | undefined): string[] =>
  value === undefined ? [] : [`${name} ${value};`];
const onOff = (flag: boolean | undefined): string | undefined =>
  flag === undefined ? undefined : flag ? 'on' : 'off';
const seconds = (lifetime: string): string =>
  lifetime === 'infinity' ? lifetime : String(Math.round(milliseconds(lifetime) / 1e3));
