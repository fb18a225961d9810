/** The steps of an experiment, one after the other, each told to the timeline. */
import type { PlannedStep } from '../plan/plan.ts';
import { EvidenceFault, standingAt } from '../testbed/faults.ts';
import { impairLink } from '../testbed/impair.ts';
import { plannedNode, type RunningLab } from '../testbed/lab.ts';
import { layFiles } from '../testbed/own-files.ts';
import { until } from '../testbed/recorder.ts';
import { silence } from '../testbed/silence.ts';
import { setCarrier } from './carrier.ts';
import { changesOn } from './changes.ts';
import { runProbe } from './probe.ts';
import { readdressed } from './readdress.ts';
import { sendFrame } from './send-frame.ts';
import { type SinceTrigger, sinceTrigger, waitForState } from './wait.ts';

/** `beforeProbes` is awaited once, before the first probe. */
export const runSteps = async (lab: RunningLab, beforeProbes: () => Promise<void>): Promise<void> => {
  const seen = sinceTrigger(lab.recorder);
  let probed = false;
  for (const [index, step] of lab.plan.steps.entries()) {
    if (step.kind === 'probe' && !probed) {
      probed = true;
      lab.recorder.record({ kind: 'network-ready' });
      await beforeProbes();
    }
    lab.recorder.record({ kind: 'step', index, title: step.title, phase: 'begin' });
    if (step.kind !== 'wait') seen.reset();
    await standingAt(step.at, () => runStep(lab, step, seen));
    lab.recorder.record({ kind: 'step', index, title: step.title, phase: 'end' });
  }
  if (!probed) await beforeProbes();
};

const runStep = async (lab: RunningLab, step: PlannedStep, seen: SinceTrigger): Promise<void> => {
  const { plan, daemons } = lab;
  switch (step.kind) {
    case 'carrier':
      return setCarrier(lab, step);
    case 'wait': {
      const missing = await waitForState(lab, step.state, step.withinMs, seen);
      if (missing.length === 0) return;
      const line = step.at ? `line ${step.at.line}: ` : '';
      throw new EvidenceFault(
        `${line}${step.title}: ${step.withinMs} ms after the step before, ${missing.join('; ')}`,
      );
    }
    case 'after':
      return void (await until(lab.recorder, { ms: step.ms }, () => undefined));
    case 'daemon':
      return step.action === 'start'
        ? daemons.start(daemons.planned(step.daemon))
        : daemons.end(step.daemon, step.action === 'kill' ? 'SIGKILL' : 'SIGTERM');
    case 'reconfigure':
      return daemons.reconfigure(step.daemon);
    case 'ip':
      return changesOn(lab, step.node).ip(step.lines);
    case 'sysctl':
      return changesOn(lab, step.node).sysctls(step.sysctls);
    case 'files':
      return layFiles(plannedNode(plan, step.node), step.files);
    case 'nftables':
      return changesOn(lab, step.node).nft(step.ruleset);
    case 'run':
      return changesOn(lab, step.node).run(step.command);
    case 'silence':
      return silence(lab, step.node, step.mode, changesOn(lab, step.node).nft);
    case 'impair':
      return impairLink(plan, step.link, step.impair);
    case 'send':
      return sendFrame(step.node, step.interface, frameNow(lab, step));
    case 'probe':
      return runProbe(lab, step.probe);
  }
};

/** Some stacks give the host a link-local address of their own making, and remove the one that its MAC address suggests. */
const frameNow = (lab: RunningLab, step: PlannedStep & { kind: 'send' }): Buffer => {
  const frame = Buffer.from(step.frame, 'hex');
  const own = lab.host
    .tables()
    .addresses.filter(({ interface: name, scope }) => name === step.interface && scope === 'link')
    .map(({ address }) => address);
  const [other] = own;
  return other === undefined || own.includes(step.hostAddress)
    ? frame
    : readdressed(frame, step.hostAddress, other);
};
