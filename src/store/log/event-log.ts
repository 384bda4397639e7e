import { setImmediate as nextTurn } from 'node:timers/promises';
import { sql } from 'kysely';
import type { EventOp, Facets, LogBounds, LogEvent } from '../../domain/events/event.ts';
import { facetsOf, toWireBody } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import type { Store } from '../open-store.ts';
import { fromJson } from '../queries/map-item.ts';
import { packFacets, unpackFacets } from './event-facets.ts';

const trimBatch = 500;

/** Something that happened to an item, before it has its place in the log. */
export interface ItemChange {
  readonly op: EventOp;
  /** As it is now. */
  readonly item: Item;
  /** As it was; null for an add. */
  readonly before: Item | null;
  readonly changed: readonly string[];
}

/** Where the log stands. */
export async function readHead(db: Db): Promise<LogBounds> {
  const [head] = await selectHead(db, {});
  if (head === undefined) throw new Error('the log has no head');
  return head;
}

const selectHead = compiledQuery<object, LogBounds>([], (db) =>
  db.selectFrom('stream_head').select(['epoch', 'head', 'floor']),
);

/** When the log last grew, epoch ms; null when it never did. */
export async function readLogChangedMs(db: Db): Promise<number | null> {
  const { changed_ms } = await db.selectFrom('stream_head').select('changed_ms').executeTakeFirstOrThrow();
  return changed_ms;
}

function toEvent(row: Row<'event'>): LogEvent {
  return {
    seq: row.seq,
    op: row.op,
    itemId: row.item_id,
    backfill: row.backfill === 1,
    changed: fromJson<readonly string[]>(row.changed),
    facets: unpackFacets(row.facets, row.body),
    previousFacets: row.was === null ? null : fromJson<Facets>(row.was),
    body: row.body,
    atMs: row.at_ms,
  };
}

/** The events after a place in the log, oldest first. */
export async function readEvents(db: Db, afterSeq: number, limit: number): Promise<LogEvent[]> {
  return (await selectEvents(db, { afterSeq, limit })).map(toEvent);
}

const selectEvents = compiledQuery<{ afterSeq: number; limit: number }, Row<'event'>>(
  ['afterSeq', 'limit'],
  (db, { afterSeq, limit }) =>
    db.selectFrom('event').selectAll().where('seq', '>', afterSeq).orderBy('seq').limit(limit),
);

/** The facets that each item had at its last event: what filters have matched, whatever the declarations say by now. */
async function readLastFacets(db: Db, itemIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (itemIds.length === 0) return new Map();
  const last = db
    .selectFrom('event')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('item_id', 'in', sql<number>`${valueList(db, itemIds)}`)
    .groupBy('item_id');
  const rows = await db.selectFrom('event').select(['item_id', 'facets', 'body']).where('seq', 'in', last).execute();
  return new Map(rows.map((row) => [row.item_id, JSON.stringify(unpackFacets(row.facets, row.body))]));
}

/** What an event says of its item, and what filters look at. */
function eventPayload({ op, item }: ItemChange): { readonly body: string; readonly facets: string } {
  if (op === 'remove') return { body: JSON.stringify({ id: item.id, url: item.url }), facets: packFacets(item, null) };
  const body = toWireBody(item);
  return { body: JSON.stringify(body), facets: packFacets(item, body) };
}

/**
 * Writes what happened to the log, in the order given. The last statements of a transaction: the counter stays locked
 * until the commit, so that no reader sees a seq before the one below it.
 *
 * @returns the head after them; null when nothing happened.
 */
export async function appendEvents(tx: Db, happenings: readonly ItemChange[], nowMs: number): Promise<number | null> {
  if (happenings.length === 0) return null;
  const earlier = happenings.flatMap(({ before, item }) => (before === null ? [] : [item.id]));
  const was = await readLastFacets(tx, earlier);
  const rows = happenings.map((happening) => {
    const { op, item, before, changed } = happening;
    return {
      op,
      item_id: item.id,
      source_id: item.source.id,
      section: item.section,
      backfill: item.backfill ? 1 : 0,
      changed: JSON.stringify(changed),
      was: before === null ? null : (was.get(item.id) ?? JSON.stringify(facetsOf(before))),
      ...eventPayload(happening),
      at_ms: nowMs,
    };
  });
  // By its key and without RETURNING: more would have the engine make ready to take the statement back, for which the
  // search index is written out each time.
  await advanceHead(tx, { by: rows.length, nowMs });
  const { head } = await readHead(tx);
  const first = head - rows.length + 1;
  await insertRows(
    tx,
    'event',
    rows.map((row, index) => ({ seq: first + index, ...row })),
  );
  return head;
}

const advanceHead = compiledQuery<{ by: number; nowMs: number }, unknown>(['by', 'nowMs'], (db, { by, nowMs }) =>
  db
    .updateTable('stream_head')
    .set((eb) => ({ head: eb('head', '+', by), changed_ms: nowMs }))
    .where('id', '=', 1),
);

async function trimOnce(tx: Db, keepFromSeq: number, keepFromMs: number): Promise<number> {
  const oldest = await tx.selectFrom('event').select(['seq', 'at_ms']).orderBy('seq').limit(trimBatch).execute();
  const kept = oldest.find(({ seq, at_ms }) => seq >= keepFromSeq && at_ms >= keepFromMs);
  const last = kept === undefined ? oldest.at(-1)?.seq : kept.seq - 1;
  if (last === undefined || oldest[0] === undefined || last < oldest[0].seq) return 0;
  // The floor rises in the same transaction: a reader never finds less than it was promised.
  await tx.deleteFrom('event').where('seq', '<=', last).execute();
  await tx
    .updateTable('stream_head')
    .set({ floor: last + 1 })
    .execute();
  return last - oldest[0].seq + 1;
}

/**
 * Takes old events off the bottom of the log, some hundred at a time so that nothing waits for long.
 *
 * @returns how many went.
 */
export async function trimEvents(
  store: Store,
  options: { readonly nowMs: number; readonly maxAgeMs: number; readonly maxEvents: number },
): Promise<number> {
  const { head } = await readHead(store.reader);
  const keepFromSeq = head - options.maxEvents + 1;
  let trimmed = 0;
  for (;;) {
    const count = await store.write((tx) => trimOnce(tx, keepFromSeq, options.nowMs - options.maxAgeMs));
    trimmed += count;
    if (count < trimBatch) return trimmed;
    await nextTurn();
  }
}
