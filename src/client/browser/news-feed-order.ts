import type { WireItem } from '../../domain/events/wire.ts';

/** The sort key of an entry of the News feed. */
export interface SortPosition {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly sortMs: number;
}

/** The sort key of an item, as on the server: by its date, but never newer than when it was first seen. */
export function sortPositionOf(item: Pick<WireItem, 'id' | 'publishedAt' | 'firstSeenAt'>): SortPosition {
  const seenMs = Date.parse(item.firstSeenAt);
  const publishedMs = item.publishedAt === null ? seenMs : Date.parse(item.publishedAt);
  return { id: item.id, sortMs: Math.min(publishedMs, seenMs) };
}

/** The date that an entry shows: when the item was published, else when it was first seen. Epoch milliseconds. */
export function datelineMs(item: Pick<WireItem, 'publishedAt' | 'firstSeenAt'>): number {
  return Date.parse(item.publishedAt ?? item.firstSeenAt);
}

/**
 * The index at which an entry is inserted into a list.
 *
 * @param entries newest first.
 */
export function insertionIndex(entries: readonly SortPosition[], entry: SortPosition): number {
  const index = entries.findIndex(
    (other) => other.sortMs < entry.sortMs || (other.sortMs === entry.sortMs && other.id < entry.id),
  );
  return index === -1 ? entries.length : index;
}
