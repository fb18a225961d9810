/**
 * The process that works in a guest made for one lab: the order lies in the file of its first argument, and what the
 * lab process tells goes into the file of the second.
 */
import { openSync, readFileSync, writeSync } from 'node:fs';
import { runInSandbox } from '../testbed/measure.ts';
import type { LabOrder } from '../testbed/messages.ts';
import type { OnceMessage } from './messages.ts';

const [orderFile, messageFile] = process.argv.slice(2) as [string, string];
const order = JSON.parse(readFileSync(orderFile, 'utf8')) as LabOrder;
const output = openSync(messageFile, 'a');
const tell = (message: OnceMessage): void => void writeSync(output, `${JSON.stringify(message)}\n`);

tell({ kind: 'ended', said: await runInSandbox(order, (message) => tell({ kind: 'lab', message })) });
