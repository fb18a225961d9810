/** Node's resolvers and HTTP clients; tells one line of JSON. `node.js MODULE QUESTION WORDS…` */
import * as dns from 'node:dns/promises';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';

type Family = 'ipv4' | 'ipv6' | 'any';
type Answer = { addresses?: string[]; names?: string[]; output?: string };

const NUMBER = { ipv4: 4, ipv6: 6, any: 0 } as const;

const modules: Record<string, Record<string, (...words: string[]) => Promise<Answer>>> = {
  node: {
    resolve: async (name, family) => ({ addresses: await lookup(name!, family as Family) }),
    reverse: async (address) => ({ names: [(await dns.lookupService(address!, 80)).hostname] }),
    fetch: async (url) => ({ output: await (await fetch(url!)).text() }),
  },
  'node-http': {
    fetch: async (url) => ({ output: await getText(url!) }),
  },
  'c-ares': {
    resolve: async (name, family) => ({ addresses: await resolve(name!, family as Family) }),
    reverse: async (address) => ({ names: await dns.reverse(address!) }),
  },
};

const lookup = async (name: string, family: Family): Promise<string[]> =>
  (await dns.lookup(name, { all: true, family: NUMBER[family] })).map(({ address }) => address);

/** Both at once, as an application has to do it that wants both; a family without records is no error of the other. */
const resolve = async (name: string, family: Family): Promise<string[]> => {
  const asked = [
    ...(family === 'ipv4' ? [] : [dns.resolve6(name)]),
    ...(family === 'ipv6' ? [] : [dns.resolve4(name)]),
  ];
  const answers = await Promise.allSettled(asked);
  const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
  const [first] = answers;
  if (addresses.length === 0 && first?.status === 'rejected') throw first.reason;
  return addresses;
};

const getText = (url: string): Promise<string> =>
  new Promise((done, fail) => {
    get(url, (response) => text(response).then(done, fail)).on('error', fail);
  });

const [module, question, ...words] = process.argv.slice(2);
const version = module === 'c-ares' ? process.versions.ares : process.versions.node;

/** fetch hides the reason one level down, and that of several attempts two. */
const reasonOf = (error: unknown): string => {
  const { cause, errors, code, message } = error as Error & { code?: string; errors?: unknown[] };
  if (cause) return reasonOf(cause);
  if (errors?.length) return errors.map(reasonOf).join(', ');
  return code ?? message;
};

try {
  const ask = modules[module!]?.[question!];
  if (!ask) throw new Error(`${module} cannot ${question}`);
  tell(await ask(...words));
} catch (error) {
  tell({ error: reasonOf(error) });
  process.exitCode = 2;
}

function tell(answer: Answer | { error: string }): void {
  process.stdout.write(`${JSON.stringify({ version, ...answer })}\n`);
}
