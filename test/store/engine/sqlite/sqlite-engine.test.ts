import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { type Db, engineOf } from '../../../../src/store/engine/engine.ts';
import { defaultEngine, withStore } from '../../../contract/test-engines.ts';

async function pragma(db: Db, name: string): Promise<unknown> {
  const { rows } = await sql.raw<Record<string, unknown>>(`pragma ${name}`).execute(db);
  return Object.values(rows[0] ?? {})[0];
}

describe('the connections to a file', () => {
  it('use WAL with full synchronisation and a short busy timeout', () =>
    withStore(defaultEngine, async ({ writer, reader }) => {
      expect(await pragma(writer, 'journal_mode')).toBe('wal');
      expect(await pragma(writer, 'synchronous')).toBe(2);
      expect(await pragma(writer, 'foreign_keys')).toBe(1);
      expect(await pragma(writer, 'busy_timeout')).toBeLessThanOrEqual(50);
      expect(await pragma(reader, 'busy_timeout')).toBeLessThanOrEqual(50);
    }));

  it('prepare a statement once and run it many times', () =>
    withStore(defaultEngine, async ({ writer }) => {
      const { prepare } = Database.prototype;
      let prepared = 0;
      Database.prototype.prepare = function (this: Database.Database, text: string) {
        prepared += 1;
        return prepare.call(this, text);
      } as typeof prepare;
      try {
        for (let run = 0; run < 10; run += 1) await sql`select ${run} as n`.execute(writer);
      } finally {
        Database.prototype.prepare = prepare;
      }
      expect(prepared).toBe(1);
    }));

  it('keep a limited number of prepared statements, and run any number', () =>
    withStore(defaultEngine, async ({ writer }) => {
      for (let n = 0; n < 1200; n += 1) {
        const { rows } = await sql.raw<{ n: number }>(`select ${n} as n`).execute(writer);
        expect(rows).toEqual([{ n }]);
      }
    }));
});

describe('the engine', () => {
  it('is the same for the store and for a transaction', () =>
    withStore(defaultEngine, async (store) => {
      const inside = await store.write(async (tx) => engineOf(tx));
      expect(inside).toBe(engineOf(store.reader));
    }));

  it.each([
    ['SQLITE_BUSY', true],
    ['SQLITE_BUSY_SNAPSHOT', true],
    ['SQLITE_LOCKED', true],
    ['SQLITE_FULL', false],
    ['SQLITE_CONSTRAINT_UNIQUE', false],
  ])('treats %s as a busy database: %s', (code, busy) =>
    withStore(defaultEngine, async ({ writer }) => {
      expect(engineOf(writer).isBusy(new Database.SqliteError('planted', code))).toBe(busy);
      expect(engineOf(writer).isBusy(new Error(code))).toBe(false);
    }));

  it('searches for words that look like its own operators', () =>
    withStore(defaultEngine, async ({ writer }) => {
      const { indexTexts, searchTexts } = engineOf(writer);
      await indexTexts(writer, [
        { itemId: 1, text: 'this or that and not "near"' },
        { itemId: 2, text: 'nothing' },
      ]);
      const all = { fromId: 0, belowId: 100, limit: 10 };
      for (const word of ['or', 'and', 'not', 'near', 'NOT', '"near"', 'that and']) {
        expect(await searchTexts(writer, [word.split(' ')], all)).toEqual([1]);
      }
      expect(await searchTexts(writer, [['nothing'], ['or']], all)).toEqual([]);
    }));

  it('replaces and removes the text of an item', () =>
    withStore(defaultEngine, async ({ writer }) => {
      const { indexTexts, removeTexts, searchTexts } = engineOf(writer);
      const find = (word: string) => searchTexts(writer, [[word]], { fromId: 0, belowId: 100, limit: 10 });
      await indexTexts(writer, [{ itemId: 1, text: 'before' }]);
      await indexTexts(writer, [{ itemId: 1, text: 'after' }]);
      expect([await find('before'), await find('after')]).toEqual([[], [1]]);
      await removeTexts(writer, [1, 2]);
      expect(await find('after')).toEqual([]);
    }));

  it('filters items by a text that contains one of several phrases', () =>
    withStore(defaultEngine, async ({ writer }) => {
      const { indexTexts, filterByText } = engineOf(writer);
      await indexTexts(writer, [
        { itemId: 1, text: 'rain and sun' },
        { itemId: 2, text: 'snow' },
        { itemId: 3, text: 'heavy rain' },
      ]);
      expect(await filterByText(writer, { all: [], anyOf: [['heavy', 'rain'], ['snow']] }, [1, 2, 3, 4])).toEqual([
        2, 3,
      ]);
      expect(await filterByText(writer, { all: [], anyOf: [['rain']] }, [2])).toEqual([]);
      expect(await filterByText(writer, { all: [], anyOf: [['rain']] }, [])).toEqual([]);
      const heavy = { all: [['heavy']], anyOf: [['rain'], ['sun']] };
      expect(await filterByText(writer, heavy, [1, 2, 3])).toEqual([3]);
      expect(await filterByText(writer, { all: [], anyOf: [['heavy', 'rain'], ['snow']] }, [1, 3, 9_000_000])).toEqual([
        3,
      ]);
    }));

  it('ranks a text that is about a word above one that mentions it', () =>
    withStore(defaultEngine, async ({ writer }) => {
      const { indexTexts, rankTexts } = engineOf(writer);
      await indexTexts(writer, [
        { itemId: 1, text: 'harbour harbour harbour' },
        { itemId: 2, text: `harbour ${'and more '.repeat(50)}` },
        { itemId: 3, text: 'nothing of it' },
      ]);
      const page = { fromId: 0, belowId: 100, limit: 10 };
      expect(await rankTexts(writer, [['harbour']], page)).toEqual([1, 2]);
      expect(await rankTexts(writer, [['harbour']], { ...page, fromId: 2 })).toEqual([2]);
    }));
});
