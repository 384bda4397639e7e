import { describe, expect, it } from 'vitest';
import { compiledQuery } from '../../../src/store/engine/compiled-query.ts';
import { insertRows } from '../../../src/store/engine/write-rows.ts';
import { engines, withStore } from '../../contract/test-engines.ts';

let built = 0;
const settingsLike = compiledQuery<{ value: string; limit: number }, { name: string }>(
  ['value', 'limit'],
  (db, { value, limit }) => {
    built += 1;
    return db
      .selectFrom('setting')
      .select('name')
      .where('value', '=', value)
      .where('name', '!=', 'not this one')
      .orderBy('name')
      .limit(limit);
  },
);

describe.each(engines)('a compiled query on $name', (engine) => {
  it('is built once and run with different values, beside its own constants', () =>
    withStore(engine, async (store) => {
      const rows = ['a', 'b', 'c', 'not this one'].map((name) => ({ name, value: name === 'c' ? 'two' : 'one' }));
      await insertRows(store.writer, 'setting', rows);
      built = 0;
      expect(await settingsLike(store.reader, { value: 'one', limit: 10 })).toEqual([{ name: 'a' }, { name: 'b' }]);
      expect(await settingsLike(store.reader, { value: 'one', limit: 1 })).toEqual([{ name: 'a' }]);
      expect(await store.read((tx) => settingsLike(tx, { value: 'two', limit: 10 }))).toEqual([{ name: 'c' }]);
      expect(built).toBeLessThanOrEqual(1);
    }));

  it('sees the writes of its transaction, and throws when it would wait for its own transaction', () =>
    withStore(engine, async (store) => {
      const seen = await store.write(async (tx) => {
        await insertRows(tx, 'setting', [{ name: 'mine', value: 'new' }]);
        return settingsLike(tx, { value: 'new', limit: 10 });
      });
      expect(seen).toEqual([{ name: 'mine' }]);
      const nested = store.write(() => settingsLike(store.writer, { value: 'new', limit: 1 }));
      await expect(nested).rejects.toThrow('inside its own transaction');
    }));
});
