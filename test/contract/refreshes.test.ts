import { describe, expect, it } from 'vitest';
import { recordPoll } from '../../src/store/sources/leases.ts';
import { trimRefreshes } from '../../src/store/sources/poll-results.ts';
import { readRefreshes } from '../support/read-refreshes.ts';
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
      const rows = await readRefreshes(store.reader, 'a');
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

  it('forgets polls that are too old', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      for (const atMs of [noon, noon + day, noon + 2 * day]) await room.read('a', [], atMs);
      expect(await trimRefreshes(store, noon + 2 * day)).toBe(2);
      expect(await readRefreshes(store.reader, 'a')).toMatchObject([{ atMs: noon + 2 * day }]);
    }));
});
