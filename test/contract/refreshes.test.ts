import { describe, expect, it } from 'vitest';
import { recordPoll } from '../../src/store/sources/leases.ts';
import { trimRefreshes } from '../../src/store/sources/poll-results.ts';
import { anItemDraft, aPollResult, day, hour, noon } from '../support/builders.ts';
import { readRefreshes } from '../support/read-refreshes.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

describe.each(engines)('the records of polls on $name', (engine) => {
  it('contain one row for each poll with its result, oldest first', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
      await fixture.read('a', [anItemDraft('one', { title: 'Corrected' })], noon + hour);
      await fixture.read('b', [], noon + hour);
      const failed = aPollResult({
        outcome: 'failed',
        failure: 'dns_error',
        facts: { ...aPollResult().facts, status: null },
      });
      await recordPoll(store, await fixture.claim('a', noon + 2 * hour), failed, noon + 2 * hour);
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

  it('are deleted when they are too old', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      for (const atMs of [noon, noon + day, noon + 2 * day]) await fixture.read('a', [], atMs);
      expect(await trimRefreshes(store, noon + 2 * day)).toBe(2);
      expect(await readRefreshes(store.reader, 'a')).toMatchObject([{ atMs: noon + 2 * day }]);
    }));
});
