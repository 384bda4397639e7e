import { describe, expect, it } from 'vitest';
import { tables } from '../../src/store/engine/tables.ts';
import { migrate, migrationNames } from '../../src/store/migrate.ts';
import { engines, withStore } from '../contract/test-engines.ts';

/** The tables of `tables.ts`, in the form of an introspection. */
function described() {
  return Object.entries(tables).map(([name, columns]) => ({
    name,
    columns: Object.entries(columns)
      .map(([column, { type, nullable }]) => ({ column, type, nullable }))
      .sort((a, b) => a.column.localeCompare(b.column)),
  }));
}

describe.each(engines)('migrations on $name', (engine) => {
  it('create exactly the tables and columns that the types describe', () =>
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
      await writer.updateTable('event_log').set({ head: 7 }).execute();
      await migrate(writer);
      expect(await writer.selectFrom('event_log').select('head').execute()).toEqual([{ head: 7 }]);
    }));

  it('have names that sort in the order of execution', () => {
    expect(migrationNames).toEqual([...migrationNames].sort());
  });
});
