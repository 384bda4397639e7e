import { searchText } from '../../domain/events/wire-item.ts';
import type { NormalisedFeed, WithdrawalReason } from '../../domain/items/item.ts';
import { hasNote } from '../../domain/notes/note.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import type { Row } from '../engine/tables.ts';
import { valueList } from '../engine/write-rows.ts';
import { appendEvents, type ItemChange } from '../log/event-log.ts';
import { readStoredItems, type StoredItem, toItem } from '../queries/map-item.ts';
import { pollHistoryOf } from '../sources/poll-results.ts';
import { wireFieldNames, withoutWithdrawal } from './merge-entry.ts';

/** Subtracts items from the counts of every source that lists them. */
export async function decrementItemCounts(tx: Db, itemIds: readonly number[]): Promise<void> {
  await changeCounts(tx, itemIds, -1);
}

/** Adds restored items to the counts of every source that lists them. */
export async function incrementItemCounts(tx: Db, itemIds: readonly number[]): Promise<void> {
  await changeCounts(tx, itemIds, 1);
}

async function changeCounts(tx: Db, itemIds: readonly number[], sign: 1 | -1): Promise<void> {
  const counts = await tx
    .selectFrom('appearance')
    .select(({ fn }) => ['source_ref', fn.countAll<number>().as('count')])
    .where('item_id', 'in', valueList(tx, itemIds))
    .groupBy('source_ref')
    .execute();
  for (const { source_ref, count } of counts) {
    await tx
      .updateTable('source')
      .set((eb) => ({ items: eb('items', '+', sign * count) }))
      .where('ref', '=', source_ref)
      .execute();
  }
}

/**
 * Withdraws items: removes them from every view and the search index. Their rows stay, so that the entries are
 * recognised when a feed lists them again. Items that are already withdrawn are skipped.
 *
 * @returns the changes to append to the event log.
 */
async function withdrawStored(
  tx: Db,
  items: readonly StoredItem[],
  about: { readonly why: WithdrawalReason; readonly nowMs: number },
): Promise<ItemChange[]> {
  const { why, nowMs } = about;
  await makePermanent(tx, items, why);
  const visible = items.filter(({ row }) => row.withdrawn_ms === null);
  if (visible.length === 0) return [];
  const ids = visible.map(({ row }) => row.id);
  await tx
    .updateTable('item')
    .set({ withdrawn_ms: nowMs, withdrawal_reason: why })
    .where('id', 'in', valueList(tx, ids))
    .execute();
  await decrementItemCounts(tx, ids);
  await engineOf(tx).removeTexts(tx, ids);
  return visible.map((before) => {
    const item = toItem({ ...before, row: { ...before.row, withdrawn_ms: nowMs, withdrawal_reason: why } });
    return { op: 'remove', item, before: toItem(before), changed: [] };
  });
}

/** An omitted item returns when its feed lists it again. Any other reason is permanent and replaces that one. */
async function makePermanent(tx: Db, items: readonly StoredItem[], why: WithdrawalReason): Promise<void> {
  const ids = items.filter(({ row }) => row.withdrawal_reason === 'omitted').map(({ row }) => row.id);
  if (ids.length === 0) return;
  await tx.updateTable('item').set({ withdrawal_reason: why }).where('id', 'in', valueList(tx, ids)).execute();
}

/**
 * Withdraws one item for the operator. An item that a complete feed omitted becomes permanently withdrawn, without an
 * event.
 *
 * @returns the head of the log; null when the item does not exist or was already withdrawn.
 */
export async function withdrawItem(store: Store, itemId: number, nowMs: number): Promise<number | null> {
  return store.write(async (tx) => {
    const items = await readStoredItems(tx, [itemId]);
    const changes = await withdrawStored(tx, [...items.values()], { why: 'operator', nowMs });
    return appendEvents(tx, changes, nowMs);
  });
}

/**
 * Restores a withdrawn item. The event is an `update` of all fields, so that every client that received the removal
 * receives this too, even if the item was backfill.
 *
 * @returns the head of the log; null when the item does not exist or was not withdrawn.
 */
export async function restoreItem(store: Store, itemId: number, nowMs: number): Promise<number | null> {
  return store.write(async (tx) => {
    const before = (await readStoredItems(tx, [itemId])).get(itemId);
    if (before === undefined || before.row.withdrawn_ms === null) return null;
    const item = toItem(withoutWithdrawal(before));
    await tx
      .updateTable('item')
      .set({ withdrawn_ms: null, withdrawal_reason: null })
      .where('id', '=', itemId)
      .execute();
    // Edits were ignored while the item was withdrawn. With the hash of the item, the next poll sees them.
    await tx
      .updateTable('appearance')
      .set({ content_hash: before.row.content_hash })
      .where('item_id', '=', itemId)
      .where('source_ref', '=', before.row.owner_ref)
      .execute();
    await incrementItemCounts(tx, [itemId]);
    await engineOf(tx).indexTexts(tx, [{ itemId, text: searchText(item) }]);
    return appendEvents(tx, [{ op: 'update', item, before: toItem(before), changed: wireFieldNames }], nowMs);
  });
}

/**
 * Withdraws items that the publisher declares deleted (RFC 6721), found by guid. Only the source that owns an item may
 * delete it, or any feed could remove the items of others. An entry in the same document is not deleted.
 */
export async function withdrawDeleted(
  tx: Db,
  deleted: { readonly sourceRef: number; readonly guids: readonly string[]; readonly present: ReadonlySet<string> },
  nowMs: number,
): Promise<ItemChange[]> {
  const { sourceRef, guids, present } = deleted;
  if (guids.length === 0) return [];
  const rows = await tx
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .select(['item.id', 'entry_key'])
    .where('source_ref', '=', sourceRef)
    .where('guid', 'in', valueList(tx, guids))
    .whereRef('item.owner_ref', '=', 'appearance.source_ref')
    .execute();
  const absent = rows.filter((row) => !present.has(row.entry_key)).map(({ id }) => id);
  const items = await readStoredItems(tx, absent);
  return withdrawStored(tx, [...items.values()], { why: 'deleted', nowMs });
}

/** Maximum number of items withdrawn after one document, and recorded as missing until the next. */
const maxMissing = 200;

/** The effect of a complete document on the items that it lacks. */
interface OmissionResult {
  readonly changes: readonly ItemChange[];
  /** Items that this document lacks and the one before had. */
  readonly missing: readonly number[];
}

/** Finds items that only this source lists, under an entry key that the document lacks. */
async function findMissing(tx: Db, sourceRef: number, present: ReadonlySet<string>): Promise<number[]> {
  const rows = await tx
    .selectFrom('appearance')
    .innerJoin('item', 'item.id', 'appearance.item_id')
    .select('item.id')
    .where('source_ref', '=', sourceRef)
    .where('item.withdrawn_ms', 'is', null)
    .where('entry_key', 'not in', valueList(tx, [...present]))
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('appearance as other')
            .select('other.id')
            .whereRef('other.item_id', '=', 'item.id')
            .where('other.source_ref', '!=', sourceRef),
        ),
      ),
    )
    .orderBy('item.id')
    .limit(2 * maxMissing)
    .execute();
  return rows.map(({ id }) => id);
}

async function withdrawOmitted(tx: Db, items: readonly StoredItem[], nowMs: number): Promise<ItemChange[]> {
  const ids = items.map(({ row }) => row.id);
  // Without its hash, an entry that is listed again is processed even if its content is unchanged.
  await tx.updateTable('appearance').set({ content_hash: '' }).where('item_id', 'in', valueList(tx, ids)).execute();
  return withdrawStored(tx, items, { why: 'omitted', nowMs });
}

/**
 * Withdraws items that a complete feed (RFC 5005 section 2) lacks, if the previous document lacked them too: one
 * mistake of the publisher must not empty a source. An item that another source has stays.
 */
export async function withdrawMissing(
  tx: Db,
  about: { readonly source: Row<'source'>; readonly feed: NormalisedFeed; readonly present: ReadonlySet<string> },
  nowMs: number,
): Promise<OmissionResult> {
  const { source, feed, present } = about;
  // Of a document that was not processed as a whole, an entry may be missing here and present at the publisher.
  const isWhole = !hasNote(feed.notes, 'partial_parse', 'filtered', 'item_flood');
  if (!feed.complete || !isWhole) return { changes: [], missing: [] };
  const missing = await findMissing(tx, source.ref, present);
  if (missing.length === 0) return { changes: [], missing: [] };
  const missingBefore = new Set(pollHistoryOf(source).missingItemIds);
  const missingAgain = missing.filter((id) => missingBefore.has(id));
  const items = await readStoredItems(tx, missingAgain);
  return {
    changes: await withdrawOmitted(tx, [...items.values()], nowMs),
    missing: missing.filter((id) => !missingBefore.has(id)).slice(0, maxMissing),
  };
}
