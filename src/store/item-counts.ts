import { sql } from 'kysely';
import type { Db } from './dialect.ts';
import { anyOf } from './rows.ts';

/** Takes items that leave the views off the counts of every source they appeared at. */
export async function uncountItems(tx: Db, itemIds: readonly number[]): Promise<void> {
  const counts = await tx
    .selectFrom('appearance')
    .select(({ fn }) => ['source_ref', fn.countAll<number>().as('count')])
    .where('item_id', 'in', sql<number>`${anyOf(tx, itemIds)}`)
    .groupBy('source_ref')
    .execute();
  for (const { source_ref, count } of counts) {
    await tx
      .updateTable('source')
      .set((eb) => ({ items: eb('items', '-', count) }))
      .where('ref', '=', source_ref)
      .execute();
  }
}
