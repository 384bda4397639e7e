import { remoteHostOf } from '../domain/polling/hosts.ts';
import type { Source } from '../domain/polling/source.ts';

/**
 * How long one round over all sources of a host takes at the host's gap: 5,000 sources at one a second can each be
 * asked every 83 minutes, not every hour, and their intervals are stretched to that.
 *
 * @returns the round of the host of a URL, in milliseconds; 0 for a local file and an unknown host.
 */
export function hostCycles(sources: readonly Pick<Source, 'url'>[], hostGapMs: number): (url: string) => number {
  const counts = new Map<string, number>();
  for (const { url } of sources) {
    const host = remoteHostOf(url);
    if (host !== null) counts.set(host, (counts.get(host) ?? 0) + 1);
  }
  return (url) => (counts.get(remoteHostOf(url) ?? '') ?? 0) * hostGapMs;
}
