/** A probe that was repeated until something was so: how long that took, and what became of the host's neighbours. Pure. */
import type { Decision } from './decision.ts';
import { answerTo } from './flow.ts';
import { type Asked, attemptOf, type IpPacket } from './packets.ts';

export const repetitionOf = (
  asked: Asked,
  questions: IpPacket[],
): Pick<Decision, 'outageMs' | 'neighbourStates'> => {
  const { probe, timeline } = asked;
  if (!probe.until) return {};
  const firsts = questions.filter(
    (one, index) =>
      questions.findIndex((other) => attemptOf(asked, other) === attemptOf(asked, one)) === index,
  );
  const answeredBefore = (one: IpPacket, next?: IpPacket) => {
    const answer = answerTo(asked, one);
    return answer !== undefined && (next === undefined || answer.at < next.at);
  };
  const states = firsts.map((one, index) => ({
    at: one.at,
    answered: answeredBefore(one, firsts[index + 1]),
  }));
  const turn = states.find(({ answered }) => answered === (probe.until === 'answered'));
  const neighbourStates = timeline
    .filter((event) => event.kind === 'netlink')
    .filter(
      (event) =>
        event.object === 'neighbour' &&
        event.node === probe.node &&
        event.at >= asked.from &&
        event.at <= asked.to,
    )
    .flatMap((event) =>
      event.object === 'neighbour' ? [{ at: event.at, address: event.address, state: event.state }] : [],
    );
  return { ...(turn && { outageMs: turn.at - states[0]!.at }), neighbourStates };
};
