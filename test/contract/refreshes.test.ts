import { describe, expect, it } from 'vitest';
import { recordPoll } from '../../src/store/sources/leases.ts';
import { readRefreshes, trimRefreshes } from '../../src/store/sources/refresh-records.ts';
import { day, draft, hour, noon, StoreFixture, settlement, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

describe.each(engines)('the record of polls on $name', (engine) => {
  it('has one row a poll, with what it brought, oldest first', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await room.read('a', [draft('one'), draft('two')]);
      await room.read('a', [draft('one', { title: 'Corrected' })], noon + hour);
      await room.read('b', [], noon + hour);
      const failed = settlement({
        outcome: 'failed',
        failure: 'dns_error',
        facts: { ...settlement().facts, status: null },
      });
      await recordPoll(store, await room.claim('a', noon + 2 * hour), failed, noon + 2 * hour);
      const rows = await readRefreshes(store.reader, { sourceId: 'a', sinceMs: 0, limit: 10 });
      expect(rows).toEqual([
        {
          sourceId: 'a',
          atMs: noon,
          outcome: 'fresh',
          failure: null,
          status: 200,
          bytes: 1000,
          durationMs: 50,
          added: 2,
          updated: 0,
        },
        expect.objectContaining({ atMs: noon + hour, added: 0, updated: 1 }),
        expect.objectContaining({ atMs: noon + 2 * hour, outcome: 'failed', failure: 'dns_error', status: null }),
      ]);
    }));

  it('is read for all sources, since an instant, the newest if there are too many', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      for (let poll = 0; poll < 4; poll += 1) await room.read(poll % 2 === 0 ? 'a' : 'b', [], noon + poll * hour);
      const since = await readRefreshes(store.reader, { sourceId: null, sinceMs: noon + hour, limit: 10 });
      expect(since.map(({ sourceId }) => sourceId)).toEqual(['b', 'a', 'b']);
      const newest = await readRefreshes(store.reader, { sourceId: null, sinceMs: 0, limit: 2 });
      expect(newest.map(({ atMs }) => atMs)).toEqual([noon + 2 * hour, noon + 3 * hour]);
    }));

  it('forgets polls that are too old', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      for (const atMs of [noon, noon + day, noon + 2 * day]) await room.read('a', [], atMs);
      expect(await trimRefreshes(store, noon + 2 * day)).toBe(2);
      expect(await readRefreshes(store.reader, { sourceId: 'a', sinceMs: 0, limit: 10 })).toMatchObject([
        { atMs: noon + 2 * day },
      ]);
    }));
});
