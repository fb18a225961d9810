/** Probes that a program on the host asks: a client (src/clients/), or any command. */
import type { Client } from '../clients/client.ts';
import { clientNamed } from '../clients/index.ts';
import type { HostAnswer } from '../evidence/timeline.ts';
import type { PlannedProbe, Question } from '../plan/plan.ts';
import type { Finished } from '../sys/program.ts';
import { EvidenceFault } from '../testbed/faults.ts';
import type { RunningLab } from '../testbed/lab.ts';
import type { Host } from './host.ts';

type ProgramQuestion = Extract<Question, { command: string[] }>;

const MAX_OUTPUT = 4096;
/** timeout(1) ends so when it had to end the program. */
const TIMED_OUT = 124;
/** And so when it found no program to start. */
const NOT_FOUND = 127;

export const askProgram = async (
  lab: RunningLab,
  probe: PlannedProbe,
  question: ProgramQuestion,
): Promise<void> => {
  const limit = ['timeout', '--kill-after=1', String(probe.withinMs / 1000)];
  const finished = await lab.host.run([...limit, ...question.command]);
  if ('by' in question && isBroken(clientNamed(question.by), finished.code))
    throw new EvidenceFault(`the client ${question.by} broke on ${probe.node}: ${complaint(finished)}`);
  const said = 'by' in question ? await answerOf(question, finished, lab.host) : { output: finished.output };
  const answer: HostAnswer = {
    ...said,
    output: `${said.output ?? ''}${finished.errors}`.slice(0, MAX_OUTPUT),
    error: said.error ?? errorOf(finished.code, probe.withinMs),
    ...(finished.code === TIMED_OUT && { unended: true }),
  };
  lab.recorder.record({ kind: 'probe', probe: probe.name, what: 'answer', answer });
};

const answerOf = async (
  { by, kind }: Extract<Question, { by: string }>,
  { output }: Finished,
  host: Host,
): Promise<HostAnswer> => {
  const client = clientNamed(by);
  const answer = client.read(output, kind);
  return { ...answer, client: answer.client ?? (await versionOf(client, host)) };
};

/** Asked on the host itself: its user land may have another than the machine. */
const versionOf = async ({ name, version }: Client, host: Host): Promise<string> => {
  if (!version) return name;
  const { output, errors } = await host.run(version.command);
  const found = version.pattern.exec(`${output}${errors}`)?.[1];
  return found ? `${name} ${found}` : name;
};

/** One that could not start, or that ended as it never does by itself: what it said is no answer of the host. */
const isBroken = ({ exitCodes }: Client, code: number | null): boolean =>
  code === NOT_FOUND || (exitCodes !== undefined && code !== TIMED_OUT && !exitCodes.includes(code ?? -1));

/** What it calls an error, or its last words. */
const complaint = ({ output, errors }: Finished): string => {
  const lines = `${output}${errors}`.trim().split('\n');
  return lines.find((line) => /error/i.test(line) && /\w+ \w+/.test(line)) ?? lines.at(-1)!;
};

const errorOf = (code: number | null, withinMs: number): string | undefined => {
  if (code === 0) return undefined;
  return code === TIMED_OUT ? `no end within ${withinMs} ms` : `exit ${code}`;
};
