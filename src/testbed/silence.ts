/** A node falls silent in one of three ways, or speaks again. */
import type { PlannedStep } from '../plan/plan.ts';
import { ipLines } from './build.ts';
import { plannedNode, type RunningLab } from './lab.ts';
import { FABRIC, INTERNET } from './places.ts';

type Mode = Extract<PlannedStep, { kind: 'silence' }>['mode'];

const TABLE = 'miflab_silence';

/** It resolves others and forwards on, and answers nobody who looks for it. */
const NEIGHBOURS = `table ip6 ${TABLE} {
  chain input { type filter hook input priority -300; icmpv6 type { nd-neighbor-solicit, nd-router-solicit } drop; }
  chain output { type filter hook output priority -300; icmpv6 type { nd-neighbor-advert, nd-router-advert } drop; }
}
table arp ${TABLE} {
  chain input { type filter hook input priority -300; arp operation request drop; }
  chain output { type filter hook output priority -300; arp operation reply drop; }
}`;

const FORWARDING = `table inet ${TABLE} {
  chain forward { type filter hook forward priority -300; policy drop; }
}`;

/** Where there is no port to take away. */
const FROM_INTERNET = `table inet ${TABLE} {
  chain prerouting { type filter hook prerouting priority -300; iifname "${INTERNET}" drop; }
  chain postrouting { type filter hook postrouting priority 300; oifname "${INTERNET}" drop; }
}`;

const CLEAR = ['ip6', 'arp', 'inet']
  .map((family) => `table ${family} ${TABLE}\ndelete table ${family} ${TABLE}`)
  .join('\n');

/** `nft` loads a ruleset on the node. */
export const silence = async (
  { plan, capture }: RunningLab,
  name: string,
  mode: Mode,
  nft: (ruleset: string) => Promise<void>,
): Promise<void> => {
  const node = plannedNode(plan, name);
  await nft(CLEAR);
  // It speaks again before it is heard: no packet that reaches a link may be missing from the capture.
  if (mode !== 'all') capture.mute(name, false);
  // A port without a bridge keeps its carrier and reaches nobody.
  await ipLines(
    FABRIC,
    node.interfaces.flatMap(({ port: { name: port, bridge } }) =>
      bridge ? [`link set dev ${port} ${mode === 'all' ? 'nomaster' : `master ${bridge}`}`] : [],
    ),
  );
  if (mode === 'all') {
    await nft(FROM_INTERNET);
    capture.mute(name, true);
  }
  if (mode === 'neighbours') await nft(NEIGHBOURS);
  if (mode === 'forwarding') await nft(FORWARDING);
};
