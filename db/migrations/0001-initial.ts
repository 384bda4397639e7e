import { type CreateTableBuilder, type Kysely, sql } from 'kysely';

type Schema = Kysely<unknown>['schema'];
type Build = (table: CreateTableBuilder<string, never>) => CreateTableBuilder<string, string>;

/** Sources, items and where they appeared, the event log, and what hangs on them. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createSources(db.schema);
  await createItems(db.schema);
  await createAppearances(db.schema);
  await createLog(db.schema);
  await createReaders(db.schema);
}

async function create(schema: Schema, name: string, build: Build): Promise<void> {
  await build(schema.createTable(name)).execute();
}

async function createSources(schema: Schema): Promise<void> {
  await create(schema, 'source', (table) =>
    table
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
      .addColumn('next_check_why', 'text', (c) => c.notNull())
      .addColumn('leased_until_ms', 'bigint')
      .addColumn('lease_token', 'text')
      .addColumn('claimed_ms', 'bigint')
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
      .addColumn('moved_to', 'text')
      .addColumn('gone_ms', 'bigint')
      .addColumn('memory', 'text', (c) => c.notNull())
      .addColumn('items', 'integer', (c) => c.notNull().defaultTo(0)),
  );
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

async function createItems(schema: Schema): Promise<void> {
  await create(schema, 'item', (table) =>
    table
      // An id is public and never given twice, not even after its item was retired.
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
      .addColumn('key', 'text', (c) => c.notNull().unique())
      .addColumn('owner_ref', 'integer', (c) => c.notNull().references('source.ref'))
      .addColumn('owner_passed', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('sort_ms', 'bigint', (c) => c.notNull())
      .addColumn('first_seen_ms', 'bigint', (c) => c.notNull())
      .addColumn('published_ms', 'bigint')
      .addColumn('updated_ms', 'bigint')
      .addColumn('withdrawn_ms', 'bigint')
      .addColumn('revision', 'integer', (c) => c.notNull().defaultTo(1))
      .addColumn('backfill', 'integer', (c) => c.notNull())
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('recent_edits', 'text', (c) => c.notNull().defaultTo('[]'))
      .addColumn('language', 'text')
      .addColumn('primary_language', 'text')
      .addColumn('url', 'text')
      .addColumn('title', 'text', (c) => c.notNull())
      .addColumn('author', 'text')
      .addColumn('image_url', 'text')
      .addColumn('categories', 'text', (c) => c.notNull())
      .addColumn('enclosures', 'text', (c) => c.notNull())
      // The long ones last: a row is read from its front, and views that need only its place stop before them.
      .addColumn('summary', 'text', (c) => c.notNull())
      .addColumn('content_html', 'text', (c) => c.notNull()),
  );
  // With what most choices ask of an item: a walk along the order reads no rows.
  await schema
    .createIndex('item_order')
    .on('item')
    .columns(['sort_ms', 'id', 'owner_ref', 'backfill', 'primary_language'])
    .where(sql.ref('withdrawn_ms'), 'is', null)
    .execute();
  await schema
    .createIndex('item_language')
    .on('item')
    .columns(['primary_language', 'sort_ms', 'id', 'owner_ref', 'backfill'])
    .where(sql.ref('withdrawn_ms'), 'is', null)
    .execute();
  await schema.createIndex('item_age').on('item').columns(['first_seen_ms']).execute();
  await schema.createIndex('item_owner').on('item').columns(['owner_ref']).execute();
  await create(schema, 'item_category', (table) =>
    table
      .addColumn('category', 'text', (c) => c.notNull())
      .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
      .addColumn('sort_ms', 'bigint', (c) => c.notNull())
      .addPrimaryKeyConstraint('item_category_key', ['category', 'sort_ms', 'item_id']),
  );
  await schema.createIndex('item_category_item').on('item_category').columns(['item_id']).execute();
  await create(schema, 'item_count', (table) =>
    table
      .addColumn('item_id', 'integer', (c) => c.primaryKey().notNull().references('item.id').onDelete('cascade'))
      .addColumn('reads', 'integer', (c) => c.notNull().defaultTo(0))
      .addColumn('comments', 'integer', (c) => c.notNull().defaultTo(0)),
  );
}

async function createAppearances(schema: Schema): Promise<void> {
  await create(schema, 'appearance', (table) =>
    table
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
      .addColumn('source_ref', 'integer', (c) => c.notNull().references('source.ref'))
      .addColumn('entry_key', 'text', (c) => c.notNull())
      // An item that is retired leaves tombstones behind.
      .addColumn('item_id', 'integer', (c) => c.references('item.id').onDelete('set null'))
      .addColumn('sort_ms', 'bigint', (c) => c.notNull())
      .addColumn('content_hash', 'text', (c) => c.notNull())
      .addColumn('guid', 'text')
      .addColumn('first_seen_ms', 'bigint', (c) => c.notNull())
      .addUniqueConstraint('appearance_entry', ['source_ref', 'entry_key'])
      // A source never has two appearances of one item (several tombstones are fine: nulls are distinct).
      .addUniqueConstraint('appearance_once', ['item_id', 'source_ref']),
  );
  await schema.createIndex('appearance_order').on('appearance').columns(['source_ref', 'sort_ms', 'item_id']).execute();
  await schema
    .createIndex('appearance_guid')
    .on('appearance')
    .columns(['source_ref', 'guid'])
    .where(sql.ref('guid'), 'is not', null)
    .execute();
  await create(schema, 'retired_key', (table) =>
    table
      .addColumn('key', 'text', (c) => c.primaryKey().notNull())
      .addColumn('retired_ms', 'bigint', (c) => c.notNull()),
  );
  await schema.createIndex('retired_key_age').on('retired_key').columns(['retired_ms']).execute();
}

async function createLog(schema: Schema): Promise<void> {
  await create(schema, 'event', (table) =>
    table
      .addColumn('seq', 'integer', (c) => c.primaryKey().notNull())
      .addColumn('op', 'text', (c) => c.notNull().check(sql`op in ('add', 'update', 'remove')`))
      .addColumn('item_id', 'integer', (c) => c.notNull())
      .addColumn('source_id', 'text', (c) => c.notNull())
      .addColumn('section', 'text', (c) => c.notNull())
      .addColumn('backfill', 'integer', (c) => c.notNull())
      .addColumn('changed', 'text', (c) => c.notNull())
      .addColumn('facets', 'text', (c) => c.notNull())
      .addColumn('was', 'text')
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('at_ms', 'bigint', (c) => c.notNull()),
  );
  await schema.createIndex('event_item').on('event').columns(['item_id', 'seq']).execute();
  await create(schema, 'stream_head', (table) =>
    table
      .addColumn('id', 'integer', (c) => c.primaryKey().notNull().check(sql`id = 1`))
      .addColumn('epoch', 'text', (c) => c.notNull())
      .addColumn('head', 'integer', (c) => c.notNull())
      .addColumn('floor', 'integer', (c) => c.notNull())
      .addColumn('changed_ms', 'bigint'),
  );
  await create(schema, 'refresh', (table) =>
    table
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
      .addColumn('source_ref', 'integer', (c) => c.notNull().references('source.ref'))
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('outcome', 'text', (c) => c.notNull())
      .addColumn('failure', 'text')
      .addColumn('status', 'integer')
      .addColumn('bytes', 'integer', (c) => c.notNull())
      .addColumn('duration_ms', 'integer', (c) => c.notNull())
      .addColumn('added', 'integer', (c) => c.notNull())
      .addColumn('updated', 'integer', (c) => c.notNull()),
  );
  await schema.createIndex('refresh_source').on('refresh').columns(['source_ref', 'at_ms']).execute();
  await schema.createIndex('refresh_age').on('refresh').columns(['at_ms']).execute();
}

async function createReaders(schema: Schema): Promise<void> {
  await create(schema, 'comment', (table) =>
    table
      .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
      .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
      .addColumn('author_name', 'text', (c) => c.notNull())
      .addColumn('body', 'text', (c) => c.notNull())
      .addColumn('state', 'text', (c) => c.notNull().check(sql`state in ('pending', 'approved', 'rejected', 'spam')`))
      .addColumn('reason', 'text')
      .addColumn('at_ms', 'bigint', (c) => c.notNull())
      .addColumn('moderated_ms', 'bigint'),
  );
  await schema.createIndex('comment_item').on('comment').columns(['item_id', 'state', 'id']).execute();
  await schema.createIndex('comment_state').on('comment').columns(['state', 'id']).execute();
  await create(schema, 'read_seen', (table) =>
    table
      .addColumn('day', 'integer', (c) => c.notNull())
      .addColumn('hash', 'text', (c) => c.notNull())
      .addPrimaryKeyConstraint('read_seen_key', ['day', 'hash']),
  );
  await create(schema, 'read_hour', (table) =>
    table
      .addColumn('hour_ms', 'bigint', (c) => c.notNull())
      .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
      .addColumn('reads', 'integer', (c) => c.notNull())
      .addPrimaryKeyConstraint('read_hour_key', ['hour_ms', 'item_id']),
  );
  await schema.createIndex('read_hour_item').on('read_hour').columns(['item_id']).execute();
  await create(schema, 'setting', (table) =>
    table.addColumn('name', 'text', (c) => c.primaryKey().notNull()).addColumn('value', 'text', (c) => c.notNull()),
  );
}
