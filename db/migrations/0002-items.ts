import { type Kysely, sql } from 'kysely';

/** Items, the sources they appeared at, their categories, and the keys of retired items. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createItem(db);
  await indexItem(db);
  await createCategory(db);
  await createAppearance(db);
  await db.schema
    .createTable('retired_key')
    .addColumn('key', 'text', (c) => c.primaryKey().notNull())
    .addColumn('retired_ms', 'bigint', (c) => c.notNull())
    .execute();
  await db.schema.createIndex('retired_key_age').on('retired_key').columns(['retired_ms']).execute();
}

async function createItem({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('item')
    // Autoincrement: an id is public and never reused, not even after its item was retired.
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('owner_ref', 'integer', (c) => c.notNull().references('source.ref'))
    .addColumn('owner_changed', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('sort_ms', 'bigint', (c) => c.notNull())
    .addColumn('arrival_ms', 'bigint', (c) => c.notNull())
    .addColumn('first_seen_ms', 'bigint', (c) => c.notNull())
    .addColumn('published_ms', 'bigint')
    .addColumn('updated_ms', 'bigint')
    .addColumn('withdrawn_ms', 'bigint')
    .addColumn('withdrawal_reason', 'text')
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
    // The long columns are last: SQLite reads a row from its start and stops at the last column that a query needs.
    .addColumn('summary', 'text', (c) => c.notNull())
    .addColumn('content_html', 'text', (c) => c.notNull())
    .execute();
}

/** Covering indexes: with the columns that most filters test, a scan in either order reads no table rows. */
async function indexItem({ schema }: Kysely<unknown>): Promise<void> {
  const filtered = ['owner_ref', 'backfill', 'primary_language'];
  const indexes: Readonly<Record<string, readonly string[]>> = {
    item_order: ['sort_ms', 'id', ...filtered],
    item_language: ['primary_language', 'sort_ms', 'id', 'owner_ref', 'backfill'],
    item_arrival: ['arrival_ms', 'id', ...filtered],
    item_language_arrival: ['primary_language', 'arrival_ms', 'id', 'owner_ref', 'backfill'],
  };
  for (const [name, columns] of Object.entries(indexes)) {
    await schema
      .createIndex(name)
      .on('item')
      .columns([...columns])
      .where(sql.ref('withdrawn_ms'), 'is', null)
      .execute();
  }
  // Every Atom feed reads the newest withdrawals.
  await schema
    .createIndex('item_withdrawn')
    .on('item')
    .columns(['withdrawn_ms', 'id'])
    .where(sql.ref('withdrawn_ms'), 'is not', null)
    .execute();
  await schema.createIndex('item_age').on('item').columns(['first_seen_ms']).execute();
  await schema.createIndex('item_owner').on('item').columns(['owner_ref']).execute();
}

async function createCategory({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('item_category')
    .addColumn('category', 'text', (c) => c.notNull())
    .addColumn('item_id', 'integer', (c) => c.notNull().references('item.id').onDelete('cascade'))
    .addColumn('sort_ms', 'bigint', (c) => c.notNull())
    .addColumn('arrival_ms', 'bigint', (c) => c.notNull())
    .addPrimaryKeyConstraint('item_category_key', ['category', 'sort_ms', 'item_id'])
    .execute();
  await schema.createIndex('item_category_item').on('item_category').columns(['item_id']).execute();
  await schema
    .createIndex('item_category_arrival')
    .on('item_category')
    .columns(['category', 'arrival_ms', 'item_id'])
    .execute();
}

async function createAppearance({ schema }: Kysely<unknown>): Promise<void> {
  await schema
    .createTable('appearance')
    .addColumn('id', 'integer', (c) => c.primaryKey().autoIncrement().notNull())
    .addColumn('source_ref', 'integer', (c) => c.notNull().references('source.ref'))
    .addColumn('entry_key', 'text', (c) => c.notNull())
    // A retired item leaves its appearances behind as tombstones.
    .addColumn('item_id', 'integer', (c) => c.references('item.id').onDelete('set null'))
    .addColumn('sort_ms', 'bigint', (c) => c.notNull())
    .addColumn('arrival_ms', 'bigint', (c) => c.notNull())
    .addColumn('content_hash', 'text', (c) => c.notNull())
    .addColumn('guid', 'text')
    .addColumn('first_seen_ms', 'bigint', (c) => c.notNull())
    .addUniqueConstraint('appearance_entry', ['source_ref', 'entry_key'])
    // A source has at most one appearance of an item, and any number of tombstones: nulls are distinct.
    .addUniqueConstraint('appearance_once', ['item_id', 'source_ref'])
    .execute();
  await schema.createIndex('appearance_order').on('appearance').columns(['source_ref', 'sort_ms', 'item_id']).execute();
  await schema
    .createIndex('appearance_arrival')
    .on('appearance')
    .columns(['source_ref', 'arrival_ms', 'item_id'])
    .execute();
  await schema
    .createIndex('appearance_guid')
    .on('appearance')
    .columns(['source_ref', 'guid'])
    .where(sql.ref('guid'), 'is not', null)
    .execute();
}
