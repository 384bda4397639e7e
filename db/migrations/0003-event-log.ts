import { type Kysely, sql } from 'kysely';

/** The events of the log, and the single row that holds its epoch and its bounds. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('event')
    .addColumn('seq', 'integer', (c) => c.primaryKey().notNull())
    .addColumn('op', 'text', (c) => c.notNull().check(sql`op in ('add', 'update', 'remove')`))
    .addColumn('item_id', 'integer', (c) => c.notNull())
    .addColumn('source_id', 'text', (c) => c.notNull())
    .addColumn('section', 'text', (c) => c.notNull())
    .addColumn('backfill', 'integer', (c) => c.notNull())
    .addColumn('changed', 'text', (c) => c.notNull())
    .addColumn('facets', 'text', (c) => c.notNull())
    .addColumn('previous_facets', 'text')
    .addColumn('body', 'text', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('event_item').on('event').columns(['item_id', 'seq']).execute();
  await schema
    .createTable('event_log')
    .addColumn('id', 'integer', (c) => c.primaryKey().notNull().check(sql`id = 1`))
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('head', 'integer', (c) => c.notNull())
    .addColumn('floor', 'integer', (c) => c.notNull())
    .addColumn('changed_ms', 'bigint')
    .execute();
}
