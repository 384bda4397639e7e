import { type Kysely, sql } from 'kysely';

/** Comments with their moderation history, and read counts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createItemCount(db);
  await createComment(db);
  await createAudit(db);
  await createReads(db);
}

async function createItemCount({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('item_count')
    .addColumn('item_id', 'integer', (c) => c.primaryKey().notNull().references('item.id').onDelete('cascade'))
    .addColumn('reads', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('comments', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('comments_revision', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}

async function createComment({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('comment')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
    .addColumn('author_name', 'text', (c) => c.notNull())
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull().check(sql`state in ('pending', 'approved', 'rejected', 'spam')`))
    .addColumn('reason', 'text')
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('moderated_ms', 'bigint')
    .addColumn('moderated_by', 'text')
    .addColumn('author_key', 'text')
    .addColumn('post_key', 'text', (c) => c.unique())
    .addColumn('text_hash', 'text')
    .execute();
  await schema.createIndex('comment_item').on('comment').columns(['item_id', 'state', 'id']).execute();
  await schema.createIndex('comment_state').on('comment').columns(['state', 'id']).execute();
  await schema.createIndex('comment_text').on('comment').columns(['text_hash', 'at_ms']).execute();
  await schema
    .createIndex('comment_author')
    .on('comment')
    .columns(['author_key', 'state'])
    .where(sql.ref('author_key'), 'is not', null)
    .execute();
}

async function createAudit({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('comment_audit')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('comment_id', 'integer', (c) => c.notNull().references('comment.id').onDelete('cascade'))
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('actor', 'text', (c) => c.notNull())
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('from_state', 'text', (c) => c.notNull())
    .addColumn('to_state', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('comment_audit_comment').on('comment_audit').columns(['comment_id', 'id']).execute();
}

async function createReads({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('counted_visit')
    .addColumn('day', 'integer', (c) => c.notNull())
    .addColumn('hash', 'text', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('counted_visit_key', ['day', 'hash'])
    .execute();
  await schema
    .createTable('read_hour')
    .addColumn('hour_ms', 'bigint', (c) => c.notNull())
    .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
    .addColumn('reads', 'integer', (c) => c.notNull())
    .addPrimaryKeyConstraint('read_hour_key', ['hour_ms', 'item_id'])
    .execute();
  // A covering index in the order of the items: the sum over hours behind the list of most read items reads no rows.
  await schema.createIndex('read_hour_sum').on('read_hour').columns(['item_id', 'hour_ms', 'reads']).execute();
}
