import { type Kysely, sql } from 'kysely';

/** Alerts: the problems that were reported, the alerts that wait for delivery, and the state of each receiver. */
export async function up({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('alert_incident')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('kind', 'text', (c) => c.notNull().check(sql`kind in ('failing', 'silent', 'config', 'webhook')`))
    .addColumn('subject', 'text', (c) => c.notNull())
    .addColumn('since_ms', 'bigint', (c) => c.notNull())
    .addColumn('ended_ms', 'bigint')
    .addColumn('detail', 'text', (c) => c.notNull())
    .execute();
  await schema
    .createTable('alert_delivery')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('receiver', 'text', (c) => c.notNull())
    .addColumn('alert', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull())
    .addColumn('expires_ms', 'bigint', (c) => c.notNull())
    .execute();
  await schema.createIndex('alert_delivery_order').on('alert_delivery').columns(['receiver', 'id']).execute();
  await schema
    .createTable('alert_receiver')
    .addColumn('id', 'text', (c) => c.primaryKey().notNull())
    .addColumn('last_outcome', 'text', (c) => c.check(sql`last_outcome in ('delivered', 'failed', 'expired')`))
    .addColumn('last_status', 'integer')
    .addColumn('last_detail', 'text')
    .addColumn('last_attempt_ms', 'bigint')
    .addColumn('last_success_ms', 'bigint')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('delivered', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('dropped', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
}
