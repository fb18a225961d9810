import { BUILT, type Client } from './client.ts';
import { asking, OWN_EXIT_CODES, readLine } from './own-program.ts';

export const java: Client = {
  name: 'java',
  description: 'InetAddress and HttpClient of Java, with its default properties',
  // Half the start: nothing here runs long enough for the second compiler.
  asks: asking(['java', '-XX:TieredStopAtLevel=1', '-cp', `${BUILT}/java`, 'Client']),
  read: readLine('java'),
  exitCodes: OWN_EXIT_CODES,
  programs: ['java'],
  version: { command: ['java', '-version'], pattern: /version "([\d.]+)/ },
  build: {
    programs: ['javac'],
    sources: ['clients/Client.java'],
    command: ['javac', '-d', '.', 'Client.java'],
    version: ['javac', '-version'],
  },
};
