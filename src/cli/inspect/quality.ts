import type { EntryDescription } from '../../domain/items/feed-description.ts';
import { classifyDate } from '../../normalise/dates/parse-date.ts';

/** Quality of a feed's data, as counts of entries. */
export interface FeedQuality {
  readonly entries: number;
  readonly dates: {
    /** No date, or one that cannot be parsed. */
    readonly missing: number;
    /** More than a day in the future: ignored. */
    readonly future: number;
    /** Before feeds existed: ignored. */
    readonly ancient: number;
    /** Whether several entries all have the same date, probably that of the document. */
    readonly allSame: boolean;
  };
  /** `duplicate` counts entries with the value of an earlier one. */
  readonly ids: { readonly missing: number; readonly duplicate: number };
  readonly links: { readonly missing: number; readonly duplicate: number };
}

/** Assesses entries as published. */
export function assessQuality(entries: readonly EntryDescription[], nowMs: number): FeedQuality {
  const dates = entries.map((entry) => entry.published ?? entry.updated).filter((date) => date !== null);
  const classes = dates.map((date) => classifyDate(Date.parse(date), nowMs));
  return {
    entries: entries.length,
    dates: {
      missing: entries.length - dates.length,
      future: classes.filter((dateClass) => dateClass === 'future').length,
      ancient: classes.filter((dateClass) => dateClass === 'ancient').length,
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
