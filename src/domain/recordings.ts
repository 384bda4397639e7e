import type { Enclosure } from './items/item.ts';

/**
 * Whether two entries both have audio or video enclosures but none in common. They are then two episodes, even with
 * equal titles. Query strings are ignored, since some publishers sign or count requests with them.
 */
export function haveDistinctRecordings(one: readonly Enclosure[], other: readonly Enclosure[]): boolean {
  const [a, b] = [recordingsOf(one), recordingsOf(other)];
  return a.size > 0 && b.size > 0 && ![...a].some((url) => b.has(url));
}

function recordingsOf(enclosures: readonly Enclosure[]): ReadonlySet<string> {
  const recordings = enclosures.filter(({ type }) => type !== null && /^(?:audio|video)\//.test(type));
  return new Set(recordings.map(({ url }) => url.replace(/^[a-z]+:|[?#].*$/gs, '')));
}
