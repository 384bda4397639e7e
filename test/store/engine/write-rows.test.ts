import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { insertReturningIds, insertRows, updateRows, valueList } from '../../../src/store/engine/write-rows.ts';
import { engines, withStore } from '../../contract/test-engines.ts';
import { createStoreFixture } from '../../support/store-fixture.ts';

describe.each(engines)('rows on $name', (engine) => {
  it("are inserted in any number, beyond the engine's limit of variables", () =>
    withStore(engine, async ({ writer }) => {
      const rows = Array.from({ length: 40_000 }, (_, index) => ({ name: `n${index}`, value: `v${index}` }));
      await insertRows(writer, 'setting', rows);
      const [found] = await writer
        .selectFrom('setting')
        .select(({ fn }) => fn.countAll().as('n'))
        .execute();
      expect(found?.n).toBe(40_000);
    }));

  it('preserve null, integers and all characters', () =>
    withStore(engine, async ({ writer }) => {
      const awkward = `'";\\ \u2028 <b> é 東 🐟 \t\n${'x'.repeat(100_000)}`;
      const big = Number.MAX_SAFE_INTEGER;
      await insertRows(writer, 'retired_key', [{ key: awkward, retired_ms: big }]);
      await insertRows(writer, 'event_log', []);
      expect(await writer.selectFrom('retired_key').selectAll().execute()).toEqual([{ key: awkward, retired_ms: big }]);
      await updateRows(writer, 'event_log', 'id', [{ id: 1, changed_ms: null }]);
      expect(await writer.selectFrom('event_log').select('changed_ms').execute()).toEqual([{ changed_ms: null }]);
    }));

  it('are updated by their keys, and ignored where a key is unknown', () =>
    withStore(engine, async ({ writer }) => {
      await insertRows(
        writer,
        'setting',
        ['a', 'b', 'c'].map((name) => ({ name, value: 'old' })),
      );
      await updateRows(writer, 'setting', 'name', [
        { name: 'a', value: 'new a' },
        { name: 'c', value: 'new c' },
        { name: 'x', value: 'nowhere' },
      ]);
      const rows = await writer.selectFrom('setting').selectAll().orderBy('name').execute();
      expect(rows.map(({ value }) => value)).toEqual(['new a', 'old', 'new c']);
    }));

  it('return their generated ids, in order', () =>
    withStore(engine, async (store) => {
      await createStoreFixture(store, 'a');
      const poll = { source_ref: 1, outcome: 'fresh', bytes: 0, duration_ms: 0, added: 0, updated: 0 };
      const ids = await insertReturningIds(
        store.writer,
        'refresh',
        [2, 1].map((at_ms) => ({ ...poll, at_ms })),
      );
      const stored = await store.writer.selectFrom('refresh').select(['id', 'at_ms']).orderBy('id').execute();
      expect(stored).toEqual([
        { id: ids[0], at_ms: 2 },
        { id: ids[1], at_ms: 1 },
      ]);
      expect(await insertReturningIds(store.writer, 'refresh', [])).toEqual([]);
    }));

  it('are refused with the name of an unknown column', () =>
    withStore(engine, async ({ writer }) => {
      const wrong = [{ name: 'a', valu: 'b' }] as unknown as { name: string }[];
      await expect(insertRows(writer, 'setting', wrong)).rejects.toThrow('setting has no column valu');
    }));

  it('are selected by any number of values', () =>
    withStore(engine, async ({ writer }) => {
      await insertRows(
        writer,
        'setting',
        ['a', 'b'].map((name) => ({ name, value: '' })),
      );
      const names = [...Array.from({ length: 40_000 }, (_, index) => `n${index}`), 'b'];
      const found = await writer
        .selectFrom('setting')
        .select('name')
        .where('name', 'in', sql<string>`${valueList(writer, names)}`)
        .execute();
      expect(found).toEqual([{ name: 'b' }]);
    }));
});
