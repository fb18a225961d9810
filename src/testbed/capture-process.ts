/**
 * The process that writes the packets of a lab that is up to standard output as pcapng, inside its sandbox: of
 * the links that its arguments name, from now on. The end of its standard input, or of its reader, is its end.
 */
import { readFileSync } from 'node:fs';
import { enhancedPacket, header, portsOf } from '../evidence/pcapng.ts';
import type { Plan } from '../plan/plan.ts';
import { startCapture } from './capture.ts';
import { PLAN_FILE } from './places.ts';
import { makeRecorder } from './recorder.ts';

const links = process.argv.slice(2);
const plan = JSON.parse(readFileSync(PLAN_FILE, 'utf8')) as Plan;
const ports = portsOf(plan).filter(({ link }) => links.includes(link));
const recorder = makeRecorder();

process.stdin.on('end', () => process.exit(0)).resume();
process.stdout.on('error', () => process.exit(0));
recorder.watch((event) => {
  if (event.kind === 'packet' && links.includes(event.link))
    process.stdout.write(enhancedPacket(event, ports, recorder.epochMs));
});
startCapture(plan, recorder);
process.stdout.write(header(ports));
