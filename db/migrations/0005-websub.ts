import { type Kysely, sql } from 'kysely';

/** WebSub: subscribers to our output feeds with their deliveries, and our own subscriptions with received pushes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSubscriber(db);
  await createSubscription(db);
  await createPush(db);
}

async function createSubscriber({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('websub_subscriber')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('topic', 'text', (c) => c.notNull())
    .addColumn('callback', 'text', (c) => c.notNull())
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('secret', 'text')
    .addColumn('verified_ms', 'bigint', (c) => c.notNull())
    .addColumn('lease_until_ms', 'bigint', (c) => c.notNull())
    .addColumn('delivered_tag', 'text')
    .addColumn('delivered_ms', 'bigint')
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addUniqueConstraint('websub_subscriber_once', ['topic', 'callback'])
    .execute();
  await schema.createIndex('websub_subscriber_host').on('websub_subscriber').columns(['host']).execute();
  await schema.createIndex('websub_subscriber_lease').on('websub_subscriber').columns(['lease_until_ms']).execute();
  await schema
    .createTable('websub_delivery')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    // At most one for each subscriber: a delivery carries the newest content at the time it is sent.
    .addColumn('subscriber_id', 'integer', (c) =>
      c.notNull().unique().references('websub_subscriber.id').onDelete('cascade'),
    )
    .addColumn('host', 'text', (c) => c.notNull())
    .addColumn('generation', 'integer', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull())
    .addColumn('expires_ms', 'bigint', (c) => c.notNull())
    .addColumn('leased_until_ms', 'bigint')
    .addColumn('lease_token', 'text')
    .execute();
  await schema.createIndex('websub_delivery_due').on('websub_delivery').columns(['next_attempt_ms']).execute();
}

async function createSubscription({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('websub_subscription')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('callback_id', 'text', (c) => c.notNull().unique())
    .addColumn('source_ref', 'integer', (c) => c.notNull().references('source.ref'))
    .addColumn('hub', 'text', (c) => c.notNull())
    .addColumn('topic', 'text', (c) => c.notNull())
    .addColumn('secret', 'text')
    .addColumn('state', 'text', (c) =>
      c.notNull().check(sql`state in ('desired', 'pending', 'active', 'denied', 'unsubscribing', 'unsubscribed')`),
    )
    .addColumn('requested_ms', 'bigint')
    .addColumn('confirmed_ms', 'bigint')
    .addColumn('lease_until_ms', 'bigint')
    .addColumn('next_attempt_ms', 'bigint', (c) => c.notNull())
    .addColumn('failures', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('detail', 'text')
    .addColumn('trust', 'text', (c) => c.notNull().check(sql`trust in ('unproven', 'trusted', 'lost')`))
    .addColumn('pushes', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('pushed_first', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('polled_first', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('missed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('last_push_ms', 'bigint')
    .addColumn('evaluated_id', 'integer', (c) => c.notNull().defaultTo(0))
    .execute();
  await schema.createIndex('websub_subscription_source').on('websub_subscription').columns(['source_ref']).execute();
  await schema.createIndex('websub_subscription_due').on('websub_subscription').columns(['next_attempt_ms']).execute();
}

async function createPush({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('websub_push')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('subscription_id', 'integer', (c) =>
      c.notNull().references('websub_subscription.id').onDelete('cascade'),
    )
    .addColumn('received_ms', 'bigint', (c) => c.notNull())
    .addColumn('content_type', 'text')
    .addColumn('content_encoding', 'text')
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('body', 'text', (c) => c.notNull())
    .execute();
  await schema.createIndex('websub_push_of').on('websub_push').columns(['subscription_id']).execute();
  await schema
    .createTable('websub_pushed_entry')
    .addColumn('subscription_id', 'integer', (c) =>
      c.notNull().references('websub_subscription.id').onDelete('cascade'),
    )
    .addColumn('entry_key', 'text', (c) => c.notNull())
    .addColumn('at_ms', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('websub_pushed_entry_key', ['subscription_id', 'entry_key'])
    .execute();
}
