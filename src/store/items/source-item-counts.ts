import type { Db } from '../engine/engine.ts';
import { valueList } from '../engine/write-rows.ts';

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
