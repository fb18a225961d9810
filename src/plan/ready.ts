/**
 * How long a daemon may take until it is ready; one that dies is noticed at once. Far from what any needs: in a guest that
 * traces its programs, on a machine with twenty times as much to do, unbound and kea took more than 10 s.
 */
export const READY_MS = 60_000;
