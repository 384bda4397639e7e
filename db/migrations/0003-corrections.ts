import { type Kysely, sql } from 'kysely';

/** The newest withdrawals are looked for by every Atom feed. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex('item_withdrawn')
    .on('item')
    .columns(['withdrawn_ms', 'id'])
    .where(sql.ref('withdrawn_ms'), 'is not', null)
    .execute();
}
