import type { TimelineEvent } from '../evidence/timeline.ts';

/** What a lab does or waits for from this event on, in words; undefined where the event changes nothing. */
export function activityOf(event: TimelineEvent): string | undefined {
  switch (event.kind) {
    case 'daemon':
      return event.what === 'started' ? `waiting for ${event.daemon}` : undefined;
    case 'network-ready':
      return 'network ready';
    case 'step':
      return event.phase === 'begin' ? event.title : undefined;
    case 'probe':
      return event.what === 'asked' ? `asking ${event.probe}` : undefined;
    default:
      return undefined;
  }
}
