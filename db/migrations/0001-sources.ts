import { type Kysely, sql } from 'kysely';

/** The declared sources with their polling state, one row for each poll, and settings that all nodes share. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSource(db);
  await createRefresh(db);
  await db.schema
    .createTable('setting')
    .addColumn('name', 'text', (c) => c.primaryKey().notNull())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute();
}

async function createSource({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('source')
    .addColumn('ref', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('id', 'text', (c) => c.notNull().unique())
    .addColumn('id_declared', 'integer', (c) => c.notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('title', 'text')
    .addColumn('section', 'text', (c) => c.notNull())
    .addColumn('interval_ms', 'bigint')
    .addColumn('language', 'text')
    .addColumn('republish', 'text', (c) => c.notNull().check(sql`republish in ('full', 'summary', 'link')`))
    .addColumn('declaration_hash', 'text', (c) => c.notNull())
    .addColumn('position', 'integer', (c) => c.notNull())
    .addColumn('removed_ms', 'bigint')
    .addColumn('etag', 'text')
    .addColumn('last_modified', 'text')
    .addColumn('validators_url', 'text')
    .addColumn('body_hash', 'text')
    .addColumn('next_check_ms', 'bigint', (c) => c.notNull())
    .addColumn('next_check_reason', 'text', (c) => c.notNull())
    .addColumn('leased_ms', 'bigint')
    .addColumn('leased_until_ms', 'bigint')
    .addColumn('lease_token', 'text')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('first_failed_ms', 'bigint')
    .addColumn('last_outcome', 'text')
    .addColumn('last_failure', 'text')
    .addColumn('last_status', 'integer')
    .addColumn('last_detail', 'text')
    .addColumn('last_bytes', 'integer')
    .addColumn('last_duration_ms', 'integer')
    .addColumn('last_notes', 'text', (c) => c.notNull().defaultTo('[]'))
    .addColumn('last_attempt_ms', 'bigint')
    .addColumn('last_success_ms', 'bigint')
    .addColumn('last_change_ms', 'bigint')
    .addColumn('first_read_done', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('feed_title', 'text')
    .addColumn('site_url', 'text')
    .addColumn('hubs', 'text', (c) => c.notNull().defaultTo('[]'))
    .addColumn('self_url', 'text')
    .addColumn('moved_to', 'text')
    .addColumn('gone_ms', 'bigint')
    .addColumn('poll_history', 'text', (c) => c.notNull())
    .addColumn('items', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema
    .createIndex('source_due')
    .on('source')
    .columns(['next_check_ms'])
    .where(sql.ref('removed_ms'), 'is', null)
    .where(sql.ref('gone_ms'), 'is', null)
    .execute();
  await schema
    .createIndex('source_leased')
    .on('source')
    .columns(['lease_token'])
    .where(sql.ref('lease_token'), 'is not', null)
    .execute();
  await schema.createIndex('source_section').on('source').columns(['section']).execute();
}

async function createRefresh({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('refresh')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('source_ref', 'integer', (c) => c.notNull().references('source.ref'))
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addColumn('outcome', 'text', (c) => c.notNull())
    .addColumn('failure', 'text')
    .addColumn('status', 'integer')
    .addColumn('bytes', 'integer', (c) => c.notNull())
    .addColumn('duration_ms', 'integer', (c) => c.notNull())
    .addColumn('added', 'integer', (c) => c.notNull())
    .addColumn('updated', 'integer', (c) => c.notNull())
    .execute();
  await schema.createIndex('refresh_source').on('refresh').columns(['source_ref', 'at_ms']).execute();
  await schema.createIndex('refresh_age').on('refresh').columns(['at_ms']).execute();
}
