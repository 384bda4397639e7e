import type { Kysely } from 'kysely';

/** Why an item was withdrawn. What was withdrawn before nobody knows the reason of, and it stays withdrawn. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('item').addColumn('withdrawn_why', 'text').execute();
}
