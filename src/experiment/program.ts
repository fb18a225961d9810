/** Probes that a program on the host asks: resolve (getent), query (dig), fetch (curl), and any command. */
import type { HostAnswer } from '../evidence/timeline.ts';
import type { PlannedProbe, Question } from '../plan/plan.ts';
import { runProgram } from '../sys/program.ts';
import { plannedNode, type RunningLab } from '../testbed/lab.ts';
import { inNode } from '../testbed/places.ts';

type ProgramQuestion = Extract<Question, { kind: 'resolve' | 'query' | 'fetch' | 'command' }>;

const MAX_OUTPUT = 4096;

export const askProgram = async (
  lab: RunningLab,
  probe: PlannedProbe,
  question: ProgramQuestion,
  hangMs: number,
): Promise<void> => {
  const node = plannedNode(lab.plan, probe.node);
  const limit = ['timeout', '--kill-after=1', String(hangMs / 1000)];
  const { code, output, errors } = await runProgram(inNode(node, [...limit, ...commandOf(question)]));
  const answer: HostAnswer = {
    output: `${output}${errors}`.slice(0, MAX_OUTPUT),
    error: code === 0 ? undefined : `exit ${code}`,
    addresses: question.kind === 'resolve' ? addressesOf(output) : undefined,
  };
  lab.recorder.record({ kind: 'probe', probe: probe.name, what: 'answer', answer });
};

const commandOf = (question: ProgramQuestion): string[] => {
  switch (question.kind) {
    case 'resolve': {
      const database = { ipv4: 'ahostsv4', ipv6: 'ahostsv6', any: 'ahosts' }[question.family ?? 'any'];
      return ['getent', database, question.name];
    }
    case 'query':
      return [
        'dig',
        '+search',
        ...(question.server ? [`@${question.server}`] : []),
        question.name,
        question.type,
      ];
    case 'fetch':
      return [
        'curl',
        '--silent',
        '--show-error',
        '--globoff',
        '--noproxy',
        '*',
        ...(question.bindLink ? ['--interface', `if!${question.bindLink}`] : []),
        question.url,
      ];
    case 'command':
      return question.command;
  }
};

/** getent prints each address once per socket type, in the order of getaddrinfo. */
const addressesOf = (output: string): string[] => [
  ...new Set(
    output
      .split('\n')
      .filter((line) => line.includes('STREAM'))
      .map((line) => line.split(/\s+/)[0]!),
  ),
];
