import { type Client, SCRIPTS } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

export const python: Client = {
  name: 'python',
  description: "Python's socket module and urllib",
  asks: asking(['/usr/bin/python3', `${SCRIPTS}/client.py`]),
  read: readLine('python'),
  exitCodes: OWN_EXIT_CODES,
  programs: ['python3'],
  version: { command: ['/usr/bin/python3', '--version'], pattern: /^Python (\S+)/ },
};
