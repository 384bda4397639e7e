import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { tables } from '../../src/store/engine/tables.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { engines, withStore } from '../contract/test-engines.ts';
import { draft, hour, minute, noon, StoreFixture, source } from '../support/store-fixture.ts';

/** What `tables.ts` says, in the form of an introspection. */
function described() {
  return Object.entries(tables).map(([name, columns]) => ({
    name,
    columns: Object.entries(columns)
      .map(([column, { type, nullable }]) => ({ column, type, nullable }))
      .sort((a, b) => a.column.localeCompare(b.column)),
  }));
}

describe.each(engines)('migrations on $name', (engine) => {
  it('make exactly the tables and columns that the types describe', () =>
    withStore(engine, async ({ writer }) => {
      const found = await writer.introspection.getTables();
      const actual = found
        .filter(({ name }) => !name.startsWith('item_search'))
        .map((table) => ({
          name: table.name,
          columns: table.columns
            .map(({ name, dataType, isNullable }) => ({
              column: name,
              type: dataType.toLowerCase(),
              nullable: isNullable,
            }))
            .sort((a, b) => a.column.localeCompare(b.column)),
        }));
      const byName = (a: { name: string }, b: { name: string }) => a.name.localeCompare(b.name);
      expect(actual.sort(byName)).toEqual(described().sort(byName));
    }));

  it('do nothing the second time', () =>
    withStore(engine, async ({ writer }) => {
      await writer.updateTable('stream_head').set({ head: 7 }).execute();
      await migrate(writer);
      expect(await writer.selectFrom('stream_head').select('head').execute()).toEqual([{ head: 7 }]);
    }));

  it('give items that are there the place in feeds that they arrived at', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', [draft('old', { publishedMs: noon - hour, categories: ['eu'] })]);
      await room.read('a', [draft('late', { publishedMs: noon - hour, categories: ['eu'] })], noon + minute);
      const read = () =>
        sql`select item.arrival_ms, appearance.arrival_ms as at_source, tag.arrival_ms as at_category
        from item join appearance on appearance.item_id = item.id join item_category as tag on tag.item_id = item.id
        order by item.id`.execute(store.writer);
      const { rows } = await read();
      expect(rows).toMatchObject([{ arrival_ms: noon - hour }, { arrival_ms: noon + minute }]);
      for (const index of ['item_arrival', 'item_language_arrival', 'appearance_arrival', 'item_category_arrival'])
        await store.writer.schema.dropIndex(index).execute();
      for (const table of ['item', 'appearance', 'item_category'])
        await store.writer.schema.alterTable(table).dropColumn('arrival_ms').execute();
      await sql`delete from kysely_migration where name = '0006-arrival-order'`.execute(store.writer);
      await migrate(store.writer);
      expect((await read()).rows).toEqual(rows);
    }));

  it('have names that sort in the order they are run in', () => {
    expect(migrationNames).toEqual([...migrationNames].sort());
  });
});
