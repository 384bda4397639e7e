import { type RawBuilder, sql } from 'kysely';
import type { Db } from '../engine/engine.ts';

/**
 * By `date`: when its publisher says that an item was published (`sort_ms`). By `arrival`: when it came in
 * (`arrival_ms`), for feeds, whose readers find what is new at the beginning however late it came.
 */
export type Order = 'date' | 'arrival';

/** An item's place in the order of a query, and who owns it. */
export interface Candidate {
  readonly id: number;
  /** In epoch ms: `sort_ms` or `arrival_ms`, as the order of the query has it. */
  readonly sortMs: number;
  readonly ownerRef: number;
}

/** A place in an order: newest first, by (sortMs, id). */
export type PageCursor = Pick<Candidate, 'id' | 'sortMs'>;

/** After which place, and how many. */
export interface PageRange {
  readonly before: PageCursor | null;
  readonly limit: number;
}

/** Newest first; equal times by id, the later one first. */
export function newestFirst(a: PageCursor, b: PageCursor): number {
  return b.sortMs - a.sortMs || b.id - a.id;
}

/** Where a walk leads: the rows of a table with an index in the order of views, and the item of each. */
export interface AccessPath {
  readonly from: RawBuilder<unknown>;
  readonly sortMs: RawBuilder<unknown>;
  readonly id: RawBuilder<unknown>;
  readonly order: Order;
}

const columnOf = { date: 'sort_ms', arrival: 'arrival_ms' } as const;

/** Along the items themselves. */
export function itemPath(order: Order): AccessPath {
  return { from: sql`item`, sortMs: sql.ref(`item.${columnOf[order]}`), id: sql`item.id`, order };
}

/** Along a table whose rows each have an item and a copy of its time. It is called `along` in conditions. */
export function tablePath(table: 'appearance' | 'item_category', order: Order): AccessPath {
  const from = sql`${sql.table(table)} as along inner join item on item.id = along.item_id`;
  return { from, sortMs: sql.ref(`along.${columnOf[order]}`), id: sql`along.item_id`, order };
}

/** The columns of a candidate, out of `item`. */
export function candidateColumns(order: Order): RawBuilder<unknown> {
  return sql`item.id as id, ${itemPath(order).sortMs} as "sortMs", item.owner_ref as "ownerRef"`;
}

/** What lies after a place, in terms of a path. */
export function afterCursor(path: AccessPath, before: PageCursor | null): RawBuilder<unknown> {
  return before === null ? sql`1 = 1` : sql`(${path.sortMs}, ${path.id}) < (${before.sortMs}, ${before.id})`;
}

/** One walk, in order, over items that are not withdrawn and satisfy `where`, as far as the limit goes. */
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

/** The newest of several walks, each item once. */
export function mergeNewest(walks: Iterable<readonly Candidate[]>, limit: number): Candidate[] {
  const byId = new Map([...walks].flat().map((candidate) => [candidate.id, candidate]));
  return [...byId.values()].sort(newestFirst).slice(0, limit);
}

/**
 * The newest that one walk for each value finds. The first steps of each show how far down the page reaches, and only
 * those that may hold more of it are walked to the end.
 *
 * @param walkOne the newest of one value, at most `limit`.
 */
export async function mergeScans<T>(
  values: readonly T[],
  limit: number,
  walkOne: (value: T, limit: number) => Promise<Candidate[]>,
): Promise<Candidate[]> {
  const few = Math.min(limit, Math.max(4, Math.ceil((2 * limit) / Math.max(1, values.length))));
  const walks = new Map<T, Candidate[]>();
  for (const value of values) walks.set(value, await walkOne(value, few));
  const cut = mergeNewest(walks.values(), limit)[limit - 1];
  for (const [value, found] of walks) {
    const last = found[few - 1];
    const mayHoldMore = last !== undefined && few < limit && (cut === undefined || newestFirst(last, cut) < 0);
    if (mayHoldMore) walks.set(value, await walkOne(value, limit));
  }
  return mergeNewest(walks.values(), limit);
}
