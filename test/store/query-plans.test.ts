import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { restoreItem, withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { trimEvents } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readItemByKey, readItems } from '../../src/store/queries/read-items.ts';
import { readWithdrawals } from '../../src/store/queries/snapshot.ts';
import { claimSources, nextDueMs, readDueSources } from '../../src/store/sources/leases.ts';
import { trimRefreshes } from '../../src/store/sources/poll-results.ts';
import { knownHashes, readPollState } from '../../src/store/sources/source-state.ts';
import { defaultEngine } from '../contract/test-engines.ts';
import { aFeed, anItemDraft, day, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';

const { prepare } = Database.prototype;

afterEach(() => {
  Database.prototype.prepare = prepare;
});

/** Every statement that `work` runs, with its query plan. */
async function plansOf(
  work: (store: Store, fixture: StoreFixture) => Promise<unknown>,
): Promise<Map<string, string[]>> {
  const location = defaultEngine.make();
  const plans = new Map<string, string[]>();
  const spy = function (this: Database.Database, text: string) {
    if (/^(select|insert|update|delete|with)/i.test(text)) {
      const explain = prepare.call(this, `explain query plan ${text}`) as Database.Statement<
        unknown[],
        { detail: string }
      >;
      const parameters = Array.from({ length: text.split('?').length - 1 }, () => null);
      plans.set(
        text,
        explain.all(...parameters).map(({ detail }) => detail),
      );
    }
    return prepare.call(this, text);
  };
  Database.prototype.prepare = spy as typeof prepare;
  try {
    const store = await openStore({ url: location.url, poller: true });
    const fixture = await createStoreFixture(store, 'a', 'b');
    await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
    await work(store, fixture);
    await store.close();
  } finally {
    Database.prototype.prepare = prepare;
    location.remove();
  }
  return plans;
}

/** Permitted scans: JSON arrays, tables with one row, and all sources at their declaration. */
const whole =
  /^SCAN (json_each|input|event_log|\d+ CONSTANT|\(subquery)|kysely_migration|sqlite_|pragma_| VIRTUAL TABLE INDEX/;
/** Ordered scans that stop after a few rows. */
const inOrder =
  /^select ("seq", "at_ms" from "event" order by "seq"|"next_check_ms" from "source" .* order by "next_check_ms") limit/;

/** Steps that scan a whole table. */
function scans(plans: ReadonlyMap<string, string[]>): string[] {
  return [...plans]
    .filter(([text]) => text !== 'select * from "source"' && !inOrder.test(text) && !/sqlite_master/.test(text))
    .flatMap(([text, steps]) => steps.map((step) => `${step} | ${text}`))
    .filter((step) => step.startsWith('SCAN ') && !whole.test(step));
}

describe('the query plans', () => {
  it('use an index for everything that a poll needs', async () => {
    const plans = await plansOf(async (store, fixture) => {
      await readDueSources(store.reader, noon, 10);
      await nextDueMs(store.reader);
      await claimSources(store, { ids: ['b'], nowMs: noon, leaseMs: 1 });
      await readPollState(store.reader, 'a');
      await knownHashes(store.reader, 'a', 100);
      await fixture.read('a', [anItemDraft('one', { title: 'Edited' }), anItemDraft('three')]);
      await fixture.read('a', aFeed([anItemDraft('four')], { deleted: [{ ref: 'guid-one', atMs: null }] }));
    });
    expect(plans.size).toBeGreaterThan(30);
    expect(scans(plans)).toEqual([]);
  });

  it('scan an index in order for every kind of filter', async () => {
    for (const filter of [
      {},
      { sources: ['a'] },
      { categories: ['eu', 'budget'] },
      { languages: ['en', 'de'] },
      { sources: ['a'], categories: ['eu'], languages: ['en'] },
    ]) {
      const plans = await plansOf(async (store) => {
        const query = { filter: { ...everything, ...filter }, limit: 10, before: `${noon}-1` };
        await readItems(store.reader, query);
        await readItems(store.reader, { ...query, order: 'arrival' });
        await readItems(store.reader, { ...query, before: `${query.before}~1-${noon}-2`, limitPerSource: true });
      });
      const listings = [...plans].filter(([text]) => text.includes('order by') && text.includes('limit'));
      expect(listings.length).toBeGreaterThan(0);
      expect(listings.flatMap(([, steps]) => steps).filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
      expect(scans(plans)).toEqual([]);
    }
  });

  it('query the search index first for a search', async () => {
    const plans = await plansOf((store) =>
      readItems(store.reader, { filter: { ...everything, q: 'title -sport' }, limit: 10, before: null }),
    );
    expect(scans(plans)).toEqual([]);
    const lookup = [...plans].find(([text]) => text.includes('item_search match'));
    expect(lookup?.[1]).toEqual([expect.stringMatching(/^SCAN item_search VIRTUAL TABLE INDEX/)]);
  });

  it('use an index to find expired rows', async () => {
    const plans = await plansOf(async (store) => {
      await withdrawItem(store, 1, noon);
      await readWithdrawals(store.reader, { filter: everything, sinceMs: noon, limit: 10, items: 10 });
      await restoreItem(store, 1, noon);
      await withdrawItem(store, 1, noon);
      await trimEvents(store, { nowMs: noon + day, maxAgeMs: 0, maxEvents: 1 });
      await trimRefreshes(store, noon + day);
      await retireItems(store, { nowMs: noon + day, maxAgeMs: 1, keepNewest: 1, maxItems: 1, maxTombstones: 0 });
      await readItemByKey(store.reader, 'x');
    });
    expect(scans(plans)).toEqual([]);
    const listings = [...plans].filter(([text]) => text.includes('along') && text.includes('limit'));
    expect(listings.length).toBeGreaterThan(0);
    expect(listings.flatMap(([, steps]) => steps).filter((step) => /TEMP B-TREE/.test(step))).toEqual([]);
  });
});
