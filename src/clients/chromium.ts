/** Chromium without a window. Its own log of the network (net log) is read for what it says that it tried. */
import type { HostAnswer } from '../evidence/timeline.ts';
import { canonical } from '../plan/addresses.ts';
import type { Client } from './client.ts';

const OPTIONS = [
  '--headless',
  // The lab's root is nobody outside, and Chromium refuses its own sandbox to any root.
  '--no-sandbox',
  '--disable-gpu',
  '--user-data-dir=/tmp/chromium',
  '--log-net-log=/tmp/chromium.json',
  '--no-first-run',
  '--no-proxy-server',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The probe asks for http, and for nothing else.
  '--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,OptimizationHints,MediaRouter',
  '--dump-dom',
];

/** A constant; the URL is an argument. */
const RUN = 'chromium "$@" >&2; code=$?; cat /tmp/chromium.json; rm -rf /tmp/chromium; exit $code';

export const chromium: Client = {
  name: 'chromium',
  description: 'Chromium, headless, with its net log',
  asks: { fetch: ({ url }) => ['/bin/sh', '-c', RUN, 'sh', ...OPTIONS, url] },
  read: (output) => {
    const log = parsed(output);
    return {
      client: log.version && `chromium ${log.version}`,
      tried: log.tried,
      output: '',
    };
  },
  programs: ['chromium'],
};

interface NetLog {
  constants: { clientInfo: { version: string }; logEventTypes: Record<string, number> };
  events: { type: number; phase: number; params?: Record<string, unknown> }[];
}

/** The log of a browser that was ended has no end: then nothing of it is believed. */
const parsed = (output: string): { version?: string; tried?: HostAnswer['tried'] } => {
  let log: NetLog;
  try {
    log = JSON.parse(output) as NetLog;
  } catch {
    return {};
  }
  const { logEventTypes: types, clientInfo } = log.constants;
  const begun = log.events.filter(({ type, phase }) => type === types.TCP_CONNECT_ATTEMPT && phase === BEGIN);
  return {
    version: clientInfo.version,
    tried: begun.flatMap(({ params }) => endpointOf(params?.address)),
  };
};

const BEGIN = 1;

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
const endpointOf = (text: unknown): { address: string; port: number }[] => {
  const [, address, port] = /^\[?([^\]]+)\]?:(\d+)$/.exec(String(text)) ?? [];
  return address ? [{ address: canonical(address), port: Number(port) }] : [];
};
