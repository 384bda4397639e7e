import type { NormaliseOptions } from '../domain/items/normalise-task.ts';
import type { ParsedItem } from '../domain/items/parsed-feed.ts';
import { parseDate, plausibleDate } from './dates/parse-date.ts';

/**
 * Selects the newest items of a document that has more than the limit, in document order. Some publishers list the oldest
 * first. An item without a date has that of the item before it. Without any dates, the first items are selected.
 */
export function newestItems(
  items: readonly ParsedItem[],
  options: Pick<NormaliseOptions, 'limit' | 'nowMs' | 'trust'>,
): readonly ParsedItem[] {
  const { limit, trust, nowMs } = options;
  if (items.length <= limit) return items;
  const dates = trust.dates ? datesOf(items, nowMs) : [];
  const [first, last] = [dates[0], dates.at(-1)];
  if (first === undefined || last === undefined) return items.slice(0, limit);
  // Of items with equal dates, prefer those at the end of the document that has the newer ones.
  const towardsNewer = last > first ? -1 : 1;
  const newestFirst = items
    .map((_, index) => index)
    .sort((a, b) => (dates[b] ?? 0) - (dates[a] ?? 0) || (a - b) * towardsNewer);
  const kept = new Set(newestFirst.slice(0, limit));
  return items.filter((_, index) => kept.has(index));
}

/** A date for each item; empty if no item has one. */
function datesOf(items: readonly ParsedItem[], nowMs: number): readonly number[] {
  const written = items.map(({ published, updated }) => readDate(published, nowMs) ?? readDate(updated, nowMs));
  let before = written.find((date) => date !== null) ?? null;
  if (before === null) return [];
  return written.map((date) => {
    before = date ?? before;
    return before ?? 0;
  });
}

function readDate(text: string | null, nowMs: number): number | null {
  return plausibleDate(text === null ? null : parseDate(text), nowMs);
}
