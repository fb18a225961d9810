/** WebRTC libraries as they gather ICE candidates (RFC 8445 section 5.1.1). */
import { canonical } from '../plan/addresses.ts';
import { type Client, NODE, SCRIPTS } from './client.ts';
import { OWN_EXIT_CODES, parsedLine } from './own-program.ts';

const gathering = (name: string, description: string, module: string): Client => ({
  name,
  description,
  asks: {
    ice: ({ destinations, port }) => [NODE, `${SCRIPTS}/ice.js`, name, String(port), ...destinations],
  },
  read: (output) => {
    const { version, candidates } = parsedLine(output);
    return {
      client: version && [...new Set([name, module]), version].join(' '),
      candidates: candidates?.map((one) => ({ ...one, address: canonical(one.address) })),
      output,
    };
  },
  exitCodes: OWN_EXIT_CODES,
  programs: [],
  modules: [module],
});

export const libjuice = gathering(
  'libjuice',
  'ICE of libjuice, as node-datachannel gathers it',
  'node-datachannel',
);
export const werift = gathering('werift', 'ICE of werift, WebRTC written in TypeScript', 'werift');
