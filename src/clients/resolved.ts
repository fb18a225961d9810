import { type Client, NODE, SCRIPTS } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

const { resolve, reverse } = asking([NODE, `${SCRIPTS}/resolved.js`]);

/** Through varlink, not resolvectl(1): that needs a system bus, which resolved itself does not. */
export const resolved: Client = {
  name: 'resolved',
  description: 'systemd-resolved through its own interface (varlink)',
  asks: { resolve, reverse },
  read: readLine('systemd'),
  exitCodes: OWN_EXIT_CODES,
  programs: ['resolvectl'],
  version: { command: ['resolvectl', '--version'], pattern: /^systemd (\S+)/m },
};
