import t from 'tap';
import { decide } from '../../src/decision/decide.ts';
import type { Question } from '../../src/plan/plan.ts';
import { asked, done, planFor, question, server, told } from '../support/two-links.ts';

const page: Question = {
  kind: 'fetch',
  by: 'curl',
  command: ['curl', 'http://www.example/'],
  url: 'http://www.example/',
  port: 20001,
  destinations: [server],
};

/** Of the 500 ms that the probe has; nothing, where the client sent nothing. */
const sentAfter = (ms: number | undefined, said: object, put: Question = page) => {
  const sent = ms === undefined ? [] : [question(1, ms, 'lte', { packet: 'tcp' })];
  return decide(planFor(put), [asked(), ...sent, told(said), done(500)])[0];
};
const unended = { unended: true, error: 'no end within 500 ms' };

t.test('a client that began late and was ended at its deadline says nothing of the stack', async (t) => {
  t.match(sentAfter(300, unended), { unclear: /^curl sent its first packet after 300 ms of the 500 ms/ });
});

t.test('nor does one that sent nothing until then', async (t) => {
  t.match(sentAfter(undefined, unended), { unclear: /^curl sent nothing in all of the 500 ms/ });
});

t.test('one that began in time and did not get done was kept waiting by what the lab is about', async (t) => {
  t.match(sentAfter(200, unended), { sent: true, error: unended.error, unclear: undefined });
});

t.test('one whose next hop is silent began where it looked for it', async (t) => {
  const looking = question(1, 50, 'lte', { packet: 'neighbour-solicitation', destination: 'fe80::2' });
  const [decision] = decide(planFor(page), [asked(), looking, told(unended), done(500)]);
  t.match(decision, { sent: false, link: 'lte', router: 'lte-router', unclear: undefined });
});

t.test('one that began late and got done is taken at its word', async (t) => {
  t.match(sentAfter(300, {}), { sent: true, unclear: undefined });
});

t.test('a command that the lab gives may end when it likes', async (t) => {
  const command: Question = { kind: 'command', command: ['sleep', '9'], destinations: [] };
  t.match(sentAfter(undefined, unended, command), { sent: false, unclear: undefined });
});
