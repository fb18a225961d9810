/** Runs in a lab and stands for a program in a container: `NODE COMMAND…`; its output, its end, and signals for it. */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { asLine, type ExecAnswer, type ExecOrder, execSocket } from './messages.ts';

const [node = '', ...command] = process.argv.slice(2);
const socket = connect(execSocket(node));
const ask = (order: ExecOrder): void => void socket.write(asLine(order));

ask({ kind: 'exec', command });
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
  process.on(signal, () => ask({ kind: 'signal', signal }));

const answers = createInterface({ input: socket });
answers.on('line', (line) => {
  const answer = JSON.parse(line) as ExecAnswer;
  if (answer.kind === 'output') process[answer.stream].write(Buffer.from(answer.bytes, 'base64'));
  else process.exitCode = answer.code;
});
socket.on('error', ({ message }) => {
  process.stderr.write(`the container of ${node} is gone: ${message}\n`);
  process.exitCode = 1;
});
