import t from 'tap';
import { startGuest } from '../../src/guests/guest.ts';
import { packed } from '../../src/guests/guest-files.ts';
import { planFor, udp } from '../support/two-links.ts';

/** Speaks as the agent of a guest does, and ends no lab. */
const DEAF = `
echo '{"kind":"hello","release":"6.18"}'
while :; do echo '{"kind":"alive"}'; sleep 0.2; done`;

t.test('a guest in which a lab does not end when it is told to is ended itself', async (t) => {
  const guest = await startGuest({
    name: 'deaf',
    command: ['/bin/sh', '-c', DEAF],
    files: packed({ init: '' }),
    view: [],
    silenceMs: 2000,
  });
  t.teardown(() => guest.end());
  const lab = guest.runLab({ plan: planFor(udp), keep: false }, () => {}, AbortSignal.timeout(500));
  await t.rejects(lab, {
    message: 'the guest deaf hung: a lab in it did not end within 2 s of being told to',
  });
  t.notOk(guest.alive());
});
