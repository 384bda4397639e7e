import { type Kysely, sql } from 'kysely';

/** When an item arrived, as output feeds order it: its first sight, or the date of one that was old already. */
export async function up(db: Kysely<unknown>): Promise<void> {
  const { schema } = db;
  for (const table of ['item', 'appearance', 'item_category']) {
    await schema
      .alterTable(table)
      .addColumn('arrival_ms', 'bigint', (c) => c.notNull().defaultTo(0))
      .execute();
  }
  await sql`update item set arrival_ms = case when backfill = 1 then sort_ms else first_seen_ms end`.execute(db);
  await sql`update appearance set arrival_ms = coalesce(
    (select item.arrival_ms from item where item.id = appearance.item_id), sort_ms)`.execute(db);
  await sql`update item_category set arrival_ms =
    (select item.arrival_ms from item where item.id = item_category.item_id)`.execute(db);
  await schema
    .createIndex('item_arrival')
    .on('item')
    .columns(['arrival_ms', 'id', 'owner_ref', 'backfill', 'primary_language'])
    .where(sql.ref('withdrawn_ms'), 'is', null)
    .execute();
  await schema
    .createIndex('item_language_arrival')
    .on('item')
    .columns(['primary_language', 'arrival_ms', 'id', 'owner_ref', 'backfill'])
    .where(sql.ref('withdrawn_ms'), 'is', null)
    .execute();
  await schema
    .createIndex('appearance_arrival')
    .on('appearance')
    .columns(['source_ref', 'arrival_ms', 'item_id'])
    .execute();
  await schema
    .createIndex('item_category_arrival')
    .on('item_category')
    .columns(['category', 'arrival_ms', 'item_id'])
    .execute();
}
