import { setImmediate as nextTurn } from 'node:timers/promises';
import { assertNever } from '../../domain/assert-never.ts';
import type { EventOp, Facets, LogBounds, LogEvent } from '../../domain/events/event.ts';
import type { WireItem } from '../../domain/events/wire.ts';
import { facetsOf, facetsWithoutText, searchText, toWireBody } from '../../domain/events/wire-item.ts';
import type { Item } from '../../domain/items/item.ts';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { joinHtml, type StoredBody, separateHtml } from './event-html.ts';

const trimBatch = 500;

/** A change of an item, before it is appended to the log. */
export interface ItemChange {
  readonly op: EventOp;
  readonly item: Item;
  /** The item before the change; null for an add. */
  readonly before: Item | null;
  /** The names of the wire fields that changed. */
  readonly changed: readonly string[];
}

/** Reads the epoch and the bounds of the log. */
export async function readHead(db: Db): Promise<LogBounds> {
  const [head] = await selectHead(db, {});
  if (head === undefined) throw new Error('the log has no head');
  return head;
}

const selectHead = compiledQuery<object, LogBounds>([], (db) =>
  db.selectFrom('event_log').select(['epoch', 'head', 'floor']),
);

/** When an event was last appended, epoch ms; null when the log is new. */
export async function readLogChangedMs(db: Db): Promise<number | null> {
  const { changed_ms } = await db.selectFrom('event_log').select('changed_ms').executeTakeFirstOrThrow();
  return changed_ms;
}

/** When the oldest event of the log was appended, epoch ms; null: the log is empty. */
export async function readOldestEventMs(db: Db): Promise<number | null> {
  const oldest = await db.selectFrom('event').select('at_ms').orderBy('seq').limit(1).executeTakeFirst();
  return oldest?.at_ms ?? null;
}

/** An event with its content, wherever it is stored. */
type EventRow = Pick<
  Row<'event'>,
  'seq' | 'op' | 'item_id' | 'backfill' | 'changed' | 'facets' | 'previous_facets' | 'body' | 'html' | 'at_ms'
>;

function toEvent(row: EventRow): LogEvent {
  const body = joinHtml(row);
  return {
    seq: row.seq,
    op: row.op,
    itemId: row.item_id,
    backfill: row.backfill === 1,
    changed: fromJson<readonly string[]>(row.changed),
    facets: unpackFacets(row.facets, body),
    previousFacets: row.previous_facets === null ? null : fromJson<Facets>(row.previous_facets),
    body,
    atMs: row.at_ms,
  };
}

/** Reads the events after a position, oldest first. */
export async function readEvents(db: Db, afterSeq: number, limit: number): Promise<LogEvent[]> {
  return (await selectEvents(db, { afterSeq, limit })).map(toEvent);
}

const selectEvents = compiledQuery<{ afterSeq: number; limit: number }, EventRow>(
  ['afterSeq', 'limit'],
  (db, { afterSeq, limit }) =>
    withHtml(db)
      .select(['seq', 'op', 'item_id', 'event.backfill', 'changed', 'facets', 'previous_facets', 'body', 'at_ms'])
      .where('seq', '>', afterSeq)
      .orderBy('seq')
      .limit(limit),
);

function withHtml(db: Db) {
  return db
    .selectFrom('event')
    .leftJoin('item', (join) => join.onRef('item.id', '=', 'event.item_id').on('html_in_item', '=', 1))
    .select((eb) => eb.fn.coalesce('content_html', 'html').as('html'));
}

/** The facets of each item at its last event, as JSON: what filters matched then, even if declarations have changed since. */
async function readLastFacets(db: Db, itemIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
  if (itemIds.length === 0) return new Map();
  const last = db
    .selectFrom('event')
    .select(({ fn }) => fn.max('seq').as('seq'))
    .where('item_id', 'in', valueList(db, itemIds))
    .groupBy('item_id');
  const rows = await withHtml(db).select(['item_id', 'facets', 'body']).where('seq', 'in', last).execute();
  return new Map(rows.map((row) => [row.item_id, JSON.stringify(unpackFacets(row.facets, joinHtml(row)))]));
}

/** The body of an event and the facets that filters match. See `separateHtml` for `isCurrent`. */
function eventPayload({ op, item }: ItemChange, isCurrent: boolean): StoredBody & { readonly facets: string } {
  switch (op) {
    case 'add':
    case 'update': {
      const body = toWireBody(item);
      return { ...separateHtml(body, isCurrent), facets: packFacets(item, body) };
    }
    case 'remove':
      return { ...separateHtml({ id: item.id, url: item.url }, false), facets: packFacets(item, null) };
    default:
      return assertNever(op);
  }
}

/**
 * Appends changes to the log, in the given order. Must be the last statements of a transaction: the counter stays locked
 * until the commit, so that no consumer sees a seq before the one below it (ADR 0003).
 *
 * @returns the new head; null when there were no changes.
 */
export async function appendEvents(tx: Db, changes: readonly ItemChange[], nowMs: number): Promise<number | null> {
  if (changes.length === 0) return null;
  const changedIds = changes.flatMap(({ before, item }) => (before === null ? [] : [item.id]));
  const lastFacets = await readLastFacets(tx, changedIds);
  // The content of an item that changes twice is that of its last event.
  const lastOfItem = new Map(changes.map((change) => [change.item.id, change]));
  const rows = changes.map((change) => {
    const { op, item, before, changed } = change;
    return {
      op,
      item_id: item.id,
      source_id: item.source.id,
      section: item.section,
      backfill: item.backfill ? 1 : 0,
      changed: JSON.stringify(changed),
      previous_facets: before === null ? null : (lastFacets.get(item.id) ?? JSON.stringify(facetsOf(before))),
      ...eventPayload(change, lastOfItem.get(item.id) === change),
      at_ms: nowMs,
    };
  });
  // By primary key and without RETURNING: otherwise SQLite prepares to undo the statement, for which FTS5 flushes the
  // search index each time.
  await advanceHead(tx, { by: rows.length, nowMs });
  const { head } = await readHead(tx);
  const first = head - rows.length + 1;
  const numbered = rows.map((row, index) => ({ seq: first + index, ...row }));
  await insertRows(tx, 'event', numbered);
  return head;
}

const advanceHead = compiledQuery<{ by: number; nowMs: number }, unknown>(['by', 'nowMs'], (db, { by, nowMs }) =>
  db
    .updateTable('event_log')
    .set((eb) => ({ head: eb('head', '+', by), changed_ms: nowMs }))
    .where('id', '=', 1),
);

async function trimOnce(tx: Db, keepFromSeq: number, keepFromMs: number): Promise<number> {
  const oldest = await tx.selectFrom('event').select(['seq', 'at_ms']).orderBy('seq').limit(trimBatch).execute();
  const kept = oldest.find(({ seq, at_ms }) => seq >= keepFromSeq && at_ms >= keepFromMs);
  const last = kept === undefined ? oldest.at(-1)?.seq : kept.seq - 1;
  if (last === undefined || oldest[0] === undefined || last < oldest[0].seq) return 0;
  // Raise the floor in the same transaction: a consumer never finds fewer events than the floor states.
  await tx.deleteFrom('event').where('seq', '<=', last).execute();
  await tx
    .updateTable('event_log')
    .set({ floor: last + 1 })
    .execute();
  return last - oldest[0].seq + 1;
}

/**
 * Deletes the oldest events, 500 in a transaction so that other writes do not wait for long.
 *
 * @returns how many were deleted.
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

/** Facets as they are stored: without the text where the event's body contains it. */
type StoredFacets = Omit<Facets, 'text'> & { readonly text?: string };

/**
 * Serialises the facets of an item for an event. The text is left out if the body contains it: stored twice, it would
 * make up a third of the log.
 *
 * @param body the body of the event; null: it does not contain the text.
 * @returns JSON.
 */
export function packFacets(item: Item, body: Omit<WireItem, 'page'> | null): string {
  return JSON.stringify(body === null || body.htmlOmitted === true ? facetsOf(item) : facetsWithoutText(item));
}

/** Parses what `packFacets` returned. The text is extracted from the body only when a filter reads it. */
export function unpackFacets(json: string, body: string): Facets {
  const stored = fromJson<StoredFacets>(json);
  const { text } = stored;
  if (text !== undefined) return { ...stored, text };
  let read: string | null = null;
  return {
    ...stored,
    get text() {
      read ??= textOf(fromJson<WireItem>(body));
      return read;
    },
  };
}

function textOf({ title, author, summary, html = '' }: WireItem): string {
  return searchText({ title, author, summary, contentHtml: html });
}
