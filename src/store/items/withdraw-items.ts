import { searchText } from '../../domain/events/wire-item.ts';
import type { WithdrawalReason } from '../../domain/items/item.ts';
import { type Db, engineOf } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';
import { appendEvents, type ItemChange } from '../log/event-log.ts';
import { readStoredItems, type StoredItem, toItem } from '../queries/map-item.ts';
import { wireFieldNames, withoutWithdrawal } from './merge-entry.ts';
import { decrementItemCounts, incrementItemCounts } from './source-item-counts.ts';

/**
 * Withdraws items: removes them from every view and the search index. Their rows stay, so that the entries are
 * recognised when a feed lists them again. Items that are already withdrawn are skipped.
 *
 * @returns the changes to append to the event log.
 */
export async function withdrawStored(
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
  await tx
    .updateTable('item')
    .set({ withdrawal_reason: why })
    .where('id', 'in', valueList(tx, ids))
    .execute();
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
