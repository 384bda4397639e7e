import type { LogBounds } from '../../domain/events/event.ts';
import type { Filter } from '../../domain/events/filter.ts';
import type { Item } from '../../domain/items/item.ts';
import type { Db } from '../engine/engine.ts';
import { readHead, readLogChangedMs } from '../log/event-log.ts';
import type { Order } from './index-scan.ts';
import { readItems } from './read-items.ts';
import { readWithdrawals } from './read-withdrawals.ts';

const withdrawalsMs = 7 * 86_400_000;
const maxWithdrawals = 500;
const maxWithdrawnItems = 50;

/** A page of items: which, how many, from where. Plain data. */
export interface SnapshotQuery {
  readonly filter: Filter;
  /** Further filters: an item that matches any of them is wanted too. Not with `byRelevance`. */
  readonly orFilters?: readonly Filter[];
  readonly limit: number;
  /** `next` of the page before, in the same order; null: from the newest. */
  readonly before: string | null;
  /** By the date of publication (the default), or by arrival. */
  readonly order?: Order;
  /** Whether one source may take only its share of the page. */
  readonly share: boolean;
  /** Those first that fit the search best. By default the newest come first. */
  readonly byRelevance?: boolean;
  /** Whether what was withdrawn lately is wanted too; by default not. */
  readonly withdrawals?: boolean;
}

/** An item that was withdrawn. */
export interface WithdrawnItem {
  readonly key: string;
  readonly atMs: number;
  /** As it was; null beyond the newest 50. */
  readonly item: Item | null;
}

/** Items and the position in the log at which they were read. */
export interface ItemsSnapshot {
  readonly items: readonly Item[];
  readonly next: string | null;
  readonly head: LogBounds;
  /** When the log last grew; null when it is empty. */
  readonly changedMs: number | null;
  /** What was withdrawn within a week of `changedMs`, newest first; empty when it was not asked for. */
  readonly withdrawn: readonly WithdrawnItem[];
}

/** Reads a page and the head of the log. Called within one read transaction, both are of the same instant. */
export async function readSnapshot(db: Db, query: SnapshotQuery): Promise<ItemsSnapshot> {
  const { withdrawals = false, ...page } = query;
  const { filter } = page;
  const part = await readItems(db, { ...page, includeBackfill: filter.backfill });
  const changedMs = await readLogChangedMs(db);
  const withdrawn = withdrawals ? await readWithdrawn(db, filter, changedMs ?? 0) : [];
  return { ...part, head: await readHead(db), changedMs, withdrawn };
}

/** Counted from when the log last grew, not from now: for the same state a feed says the same, whenever it is asked. */
function readWithdrawn(db: Db, filter: Filter, changedMs: number): Promise<WithdrawnItem[]> {
  const sinceMs = changedMs - withdrawalsMs;
  return readWithdrawals(db, { filter, sinceMs, limit: maxWithdrawals, items: maxWithdrawnItems });
}

/** Above so many items a page is read by a worker, whatever it holds: some tenths of a millisecond an item add up. */
const maxBoundedItems = 100;

/**
 * Whether an index bounds the cost of a query, whatever is stored: a page of everything, of one section or of one
 * source. Only these may run on the thread that answers requests. A search, a choice of several values, one that
 * leaves backfill out, and a later page that passes over sources all may look at every item in vain.
 */
export function hasBoundedCost({ filter, orFilters = [], limit, before, share }: SnapshotQuery): boolean {
  const places = filter.sections.length + filter.sources.length;
  const isWide = filter.q === null && filter.backfill && filter.categories.length + filter.languages.length === 0;
  const hasShares = share && (before !== null || filter.sources.length > 0);
  return isWide && orFilters.length === 0 && places <= 1 && limit <= maxBoundedItems && !hasShares;
}
