import { sql } from 'kysely';
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
 * Takes items back: out of every view and the search, while their rows stay, so that they are known when they are
 * seen again. What is withdrawn already is left alone.
 *
 * @returns what happened, for the log.
 */
export async function withdrawStored(
  tx: Db,
  items: readonly StoredItem[],
  about: { readonly why: WithdrawalReason; readonly nowMs: number },
): Promise<ItemChange[]> {
  const { why, nowMs } = about;
  await makeLasting(tx, items, why);
  const shown = items.filter(({ row }) => row.withdrawn_ms === null);
  if (shown.length === 0) return [];
  const ids = shown.map(({ row }) => row.id);
  await tx
    .updateTable('item')
    .set({ withdrawn_ms: nowMs, withdrawal_reason: why })
    .where('id', 'in', sql<number>`${valueList(tx, ids)}`)
    .execute();
  await decrementItemCounts(tx, ids);
  await engineOf(tx).removeTexts(tx, ids);
  return shown.map((before) => {
    const item = toItem({ ...before, row: { ...before.row, withdrawn_ms: nowMs, withdrawal_reason: why } });
    return { op: 'remove', item, before: toItem(before), changed: [] };
  });
}

/** What a feed has only left out comes back with it; not so what somebody wants away. */
async function makeLasting(tx: Db, items: readonly StoredItem[], why: WithdrawalReason): Promise<void> {
  const ids = items.filter(({ row }) => row.withdrawal_reason === 'omitted').map(({ row }) => row.id);
  if (ids.length === 0) return;
  await tx
    .updateTable('item')
    .set({ withdrawal_reason: why })
    .where('id', 'in', sql<number>`${valueList(tx, ids)}`)
    .execute();
}

/**
 * Withdraws one item by hand. One that a complete feed has left out stays withdrawn from now on, without an event.
 *
 * @returns head of the log; null when there is no such item or it was withdrawn before.
 */
export async function withdrawItem(store: Store, itemId: number, nowMs: number): Promise<number | null> {
  return store.write(async (tx) => {
    const items = await readStoredItems(tx, [itemId]);
    const happenings = await withdrawStored(tx, [...items.values()], { why: 'operator', nowMs });
    return appendEvents(tx, happenings, nowMs);
  });
}

/**
 * Takes one withdrawal back. To the log it is an `update` of everything: whoever was told of the withdrawal is told of
 * this, also where the item was backfill.
 *
 * @returns head of the log; null when there is no such item or it was not withdrawn.
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
    // Edits were passed over meanwhile: the entry that owns the item counts as read with the text that the item has.
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
 * Withdraws what the publisher says is deleted (RFC 6721): items that the source owns, by the guid that it gave them.
 * A stranger's word takes nobody else's story away, and an entry that stands in the same document is not deleted.
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
    .where('guid', 'in', sql<string>`${valueList(tx, guids)}`)
    .whereRef('item.owner_ref', '=', 'appearance.source_ref')
    .execute();
  const items = await readStoredItems(
    tx,
    rows.filter((row) => !present.has(row.entry_key)).map(({ id }) => id),
  );
  return withdrawStored(tx, [...items.values()], { why: 'deleted', nowMs });
}
