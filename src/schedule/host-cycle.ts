import { remoteHostOf } from '../domain/polling/hosts.ts';
import type { Source } from '../domain/polling/source.ts';

/**
 * The time to poll every source of a host once at the host's gap. 5,000 sources at one per second can each be polled
 * every 83 minutes, not every hour; their intervals are lengthened to that.
 *
 * @returns the cycle of a URL's host, in milliseconds; 0 for a local file and an unknown host.
 */
export function hostCycles(sources: readonly Pick<Source, 'url'>[], hostGapMs: number): (url: string) => number {
  const counts = new Map<string, number>();
  for (const { url } of sources) {
    const host = remoteHostOf(url);
    if (host !== null) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return (url) => (counts.get(remoteHostOf(url) ?? '') ?? 0) * hostGapMs;
}
