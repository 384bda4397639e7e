import { describe, expect, it } from 'vitest';
import { readActivity } from '../../src/store/sources/activity.ts';
import { aPollResult, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { at } from './item-queries.ts';
import { engines, withStore } from './test-engines.ts';

describe.each(engines)('the activity of a day on $name', (engine) => {
  it('is reported by hour, up to the current one, including empty hours', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.open('a', 'b');
      await fixture.read('a', [at('one', 4), at('two', 2)], noon + minute);
      await fixture.read('b', [], noon + 2 * hour, {
        toPollResult: () => aPollResult({ outcome: 'failed', failure: 'dns_error', nextCheckMs: noon }),
      });
      const hours = await readActivity(store.reader, noon + 2 * hour + 5 * minute);
      expect(hours).toHaveLength(24);
      expect(hours.at(-3)).toEqual({
        hourMs: noon,
        added: 2,
        updated: 0,
        outcomes: { fresh: 3, 'not-modified': 0, throttled: 0, gone: 0, failed: 0 },
        freshnessMs: 3 * minute,
      });
      expect(hours.at(-2)).toMatchObject({ hourMs: noon + hour, added: 0, freshnessMs: null });
      expect(hours.at(-1)).toMatchObject({ hourMs: noon + 2 * hour, outcomes: { fresh: 0, failed: 1 } });
    }));

  it('excludes backfill and undated items from the freshness figures', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [at('old', 300)]);
      await fixture.read('a', [at('old', 300), at('undated', 0, { publishedMs: null })], noon + minute);
      const [last] = (await readActivity(store.reader, noon + minute)).slice(-1);
      expect(last).toMatchObject({ hourMs: noon, added: 2, freshnessMs: null });
    }));
});
