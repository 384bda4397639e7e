import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../engine/engine.ts';

/**
 * `date`: by the date of publication (`sort_ms`). `arrival`: by the time of arrival (`arrival_ms`), for output feeds, in
 * which clients expect new items at the top even if they were published long ago.
 */
export type Order = 'date' | 'arrival';

/** An item that a query found, with its position in the order and its owner. */
export interface Candidate {
  readonly id: number;
  /** Epoch ms: `sort_ms` or `arrival_ms`, depending on the order of the query. */
  readonly sortMs: number;
  readonly ownerRef: number;
}

/** A position in an order: newest first, by (sortMs, id). */
export type PageCursor = Pick<Candidate, 'id' | 'sortMs'>;

/** At most `limit` items after the cursor `before`; null: from the newest. */
export interface PageRange {
  readonly before: PageCursor | null;
  readonly limit: number;
}

/** Compares positions: newest first; equal times by id, the higher one first. */
export function newestFirst(a: PageCursor, b: PageCursor): number {
  return b.sortMs - a.sortMs || b.id - a.id;
}

/** How an index scan reaches items: the SQL of a table with an index in a listing order, and of its items' columns. */
export interface AccessPath {
  readonly from: RawBuilder<unknown>;
  readonly sortMs: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  readonly order: Order;
}

const columnOf = { date: 'sort_ms', arrival: 'arrival_ms' } as const;

/** The path through the table `item` itself. */
export function itemPath(order: Order): AccessPath {
  return { from: sql`item`, sortMs: sql.ref(`item.${columnOf[order]}`), id: sql`item.id`, order };
}

/** The path through a table whose rows refer to an item and copy its times. Its alias in conditions is `along`. */
export function tablePath(table: 'appearance' | 'item_category', order: Order): AccessPath {
  const from = sql`${sql.table(table)} as along inner join item on item.id = along.item_id`;
  return { from, sortMs: sql.ref(`along.${columnOf[order]}`), id: sql`along.item_id`, order };
}

/** The select list of a `Candidate`. */
export function candidateColumns(order: Order): RawBuilder<unknown> {
  return sql`item.id as id, ${itemPath(order).sortMs} as "sortMs", item.owner_ref as "ownerRef"`;
}

/** The condition that a row comes after a cursor. */
export function afterCursor(path: AccessPath, before: PageCursor | null): RawBuilder<unknown> {
  return before === null ? sql`1 = 1` : sql`(${path.sortMs}, ${path.id}) < (${before.sortMs}, ${before.id})`;
}

/** Scans an index in order for items that are not withdrawn and satisfy `where`. */
export async function indexScan(
  db: Db,
  path: AccessPath,
  where: RawBuilder<unknown>,
  range: PageRange,
): Promise<Candidate[]> {
  const { rows } = await sql<Candidate>`select ${candidateColumns(path.order)} from ${path.from}
    where item.withdrawn_ms is null and ${afterCursor(path, range.before)} and ${where}
    order by ${path.sortMs} desc, ${path.id} desc limit ${range.limit}`.execute(db);
  return rows;
}

/** Merges the results of several scans: the newest items, each once. */
export function mergeNewest(scans: Iterable<readonly Candidate[]>, limit: number): Candidate[] {
  const byId = new Map([...scans].flat().map((candidate) => [candidate.id, candidate]));
  return [...byId.values()].sort(newestFirst).slice(0, limit);
}

/**
 * Merges one scan for each value. A short scan of each shows how far down the page reaches; only scans that can contribute
 * more are repeated with the full limit.
 *
 * @param scanOne finds the newest items of one value, at most `limit`.
 */
export async function mergeScans<T>(
  values: readonly T[],
  limit: number,
  scanOne: (value: T, limit: number) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const few = Math.min(limit, Math.max(4, Math.ceil((2 * limit) / Math.max(1, values.length))));
  const scans = new Map<T, Candidate[]>();
  for (const value of values) scans.set(value, await scanOne(value, few));
  const lastOnPage = mergeNewest(scans.values(), limit)[limit - 1];
  for (const [value, found] of scans) {
    const last = found[few - 1];
    const canContribute =
      last !== undefined && few < limit && (lastOnPage === undefined || newestFirst(last, lastOnPage) < 0);
    if (canContribute) scans.set(value, await scanOne(value, limit));
  }
  return mergeNewest(scans.values(), limit);
}
