import type { Kysely } from 'kysely';

/** Remote lists of sources: what each has given, its validators, and when it is read next. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('remote_list')
    .addColumn('key', 'text', (c) => c.primaryKey().notNull())
    .addColumn('request_hash', 'text', (c) => c.notNull())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('etag', 'text')
    .addColumn('last_modified', 'text')
    .addColumn('validators_url', 'text')
    .addColumn('body_hash', 'text')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('next_read_ms', 'bigint', (c) => c.notNull())
    .execute();
}
