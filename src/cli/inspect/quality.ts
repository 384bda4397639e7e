import type { EntryDescription } from '../../domain/items/feed-description.ts';
import { classifyDate } from '../../normalise/dates/parse-date.ts';

/** How far a feed's own words can be built upon: counts of entries. */
export interface FeedQuality {
  readonly entries: number;
  readonly dates: {
    /** Without any, or with one that nobody can read. */
    readonly missing: number;
    /** More than a day ahead: not believed. */
    readonly future: number;
    /** Before there were feeds: not believed. */
    readonly ancient: number;
    /** Whether several entries all have one and the same: that of the document, most likely. */
    readonly allSame: boolean;
  };
  /** `duplicate` counts entries that share theirs with an earlier one. */
  readonly ids: { readonly missing: number; readonly duplicate: number };
  readonly links: { readonly missing: number; readonly duplicate: number };
}

/** Judges a feed's entries as their publisher has them. */
export function assessQuality(entries: readonly EntryDescription[], nowMs: number): FeedQuality {
  const dates = entries.map((entry) => entry.published ?? entry.updated).filter((date) => date !== null);
  const verdicts = dates.map((date) => classifyDate(Date.parse(date), nowMs));
  return {
    entries: entries.length,
    dates: {
      missing: entries.length - dates.length,
      future: verdicts.filter((verdict) => verdict === 'future').length,
      ancient: verdicts.filter((verdict) => verdict === 'ancient').length,
      allSame: dates.length > 1 && new Set(dates).size === 1,
    },
    ids: countNames(entries.map((entry) => entry.id)),
    links: countNames(entries.map((entry) => entry.link)),
  };
}

function countNames(names: readonly (string | null)[]): { missing: number; duplicate: number } {
  const given = names.filter((name) => name !== null && name !== '');
  return { missing: names.length - given.length, duplicate: given.length - new Set(given).size };
}
