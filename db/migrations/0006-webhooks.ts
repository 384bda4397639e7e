import { type Kysely, sql } from 'kysely';

/** Webhooks: each receiver's address, its position in the event log, and the result of its last delivery. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('webhook')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('epoch', 'text', (c) => c.notNull())
    .addColumn('seq', 'integer', (c) => c.notNull())
    .addColumn('announced_seq', 'integer', (c) => c.notNull())
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('first_failed_ms', 'bigint')
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull().defaultTo(0))
    .addColumn('paused_ms', 'bigint')
    .addColumn('last_outcome', 'text', (c) =>
      c.check(sql`last_outcome in ('delivered', 'throttled', 'gone', 'failed')`),
    )
    .addColumn('last_status', 'integer')
    .addColumn('last_detail', 'text')
    .addColumn('last_attempt_ms', 'bigint')
    .addColumn('last_success_ms', 'bigint')
    .addColumn('delivered', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('removed_ms', 'bigint')
    .execute();
}
