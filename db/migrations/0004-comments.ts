import { type Kysely, sql } from 'kysely';

/** What comments and read counts need beyond the first schema: who is who (as hashes), who decided what, and when. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await extendComments(db);
  await createAudit(db);
  await db.schema
    .alterTable('item_count')
    .addColumn('comments_revision', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable('read_seen')
    .addColumn('at_ms', 'bigint', (c) => c.notNull().defaultTo(0))
    .execute();
  // With all that a sum over hours asks for, in the order of the items: the list of most read reads no rows.
  await db.schema.dropIndex('read_hour_item').execute();
  await db.schema.createIndex('read_hour_sum').on('read_hour').columns(['item_id', 'hour_ms', 'reads']).execute();
}

async function extendComments(db: Kysely<unknown>): Promise<void> {
  for (const column of ['author_key', 'post_key', 'text_hash', 'moderated_by']) {
    await db.schema.alterTable('comment').addColumn(column, 'text').execute();
  }
  await db.schema.createIndex('comment_post').on('comment').columns(['post_key']).unique().execute();
  await db.schema.createIndex('comment_text').on('comment').columns(['text_hash', 'at_ms']).execute();
  await db.schema
    .createIndex('comment_author')
    .on('comment')
    .columns(['author_key', 'state'])
    .where(sql.ref('author_key'), 'is not', null)
    .execute();
}

async function createAudit(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('comment_audit')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('comment_id', 'integer', (c) => c.notNull().references('comment.id').onDelete('cascade'))
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('from_state', 'text', (c) => c.notNull())
    .addColumn('to_state', 'text', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('comment_audit_comment').on('comment_audit').columns(['comment_id', 'id']).execute();
}
