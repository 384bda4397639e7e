import type { WireItem } from '../../domain/events/wire.ts';

/** Where a line stands in the News feed. */
export interface SortPosition {
  readonly id: number;
  /** Epoch milliseconds. */
  readonly sortMs: number;
}

/** The place of an item, as the server orders its views: by its date, but never above what came in before it was seen. */
export function sortPositionOf(item: Pick<WireItem, 'id' | 'publishedAt' | 'firstSeenAt'>): SortPosition {
  const seenMs = Date.parse(item.firstSeenAt);
  const publishedMs = item.publishedAt === null ? seenMs : Date.parse(item.publishedAt);
  return { id: item.id, sortMs: Math.min(publishedMs, seenMs) };
}

/** When an item counts as published: what its line shows. */
export function datelineMs(item: Pick<WireItem, 'publishedAt' | 'firstSeenAt'>): number {
  return Date.parse(item.publishedAt ?? item.firstSeenAt);
}

/**
 * The index at which a line belongs among others, newest first: theirs if it is equal to none.
 *
 * @param lines in order.
 */
export function insertionIndex(lines: readonly SortPosition[], line: SortPosition): number {
  const index = lines.findIndex(
    (other) => other.sortMs < line.sortMs || (other.sortMs === line.sortMs && other.id < line.id),
  );
  return index === -1 ? lines.length : index;
}
