import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { anItemDraft, aSource, hour, noon } from '../support/builders.ts';
import { createStoreFixture, StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const urls = ['https://one.example.org/feed', 'https://two.example.org/feed', 'https://three.example.org/feed'];

/** A few sources with unique URLs and ids, as declaration files require. */
const declarations: fc.Arbitrary<Source[]> = fc
  .uniqueArray(
    fc.record({
      id: fc.constantFrom('a', 'b', 'c', 'd'),
      url: fc.constantFrom(...urls),
      idDeclared: fc.boolean(),
      section: fc.constantFrom('World', 'Science'),
    }),
    { comparator: (x, y) => x.id === y.id || x.url === y.url, maxLength: 3 },
  )
  .map((parts) => parts.map(({ id, ...over }) => aSource(id, over)));

/** The invariants after each set of declarations, whatever the previous ones were. */
async function expectDeclared(store: Store, declared: readonly Source[]): Promise<void> {
  const reports = await readSourceReports(store.reader);
  expect(new Set(reports.map(({ id }) => id)).size).toBe(reports.length);
  const current = reports.filter(({ removedMs }) => removedMs === null);
  expect(current.map(({ id, url, section }) => ({ id, url, section }))).toEqual(
    declared.map(({ id, url, section }) => ({ id, url, section })),
  );
}

describe.each(engines)('any history of declarations on $name', (engine) => {
  it('ends with the last declaration active and every item kept', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(fc.array(declarations, { minLength: 2, maxLength: 8 }), (history) =>
        withStore(engine, async (store) => {
          const fixture = new StoreFixture(store);
          const read = new Set<string>();
          let nowMs = noon;
          for (const declared of history) {
            nowMs += hour;
            await fixture.declare(declared, nowMs);
            await expectDeclared(store, declared);
            for (const { id, url } of declared) {
              const number = urls.indexOf(url);
              await fixture.read(id, [anItemDraft(`story-${number}`), anItemDraft('shared')], nowMs);
              read.add(`https://example.net/story-${number}`).add('https://example.net/shared');
            }
          }
          const page = await readItems(store.reader, { filter: everything, limit: 100, before: null });
          expect(new Set(page.items.map((item) => item.url))).toEqual(read);
          // One event for each added item; more only for "also in". A source that was only renamed adds none.
          const adds = (await fixture.events()).filter(({ op }) => op === 'add');
          expect(adds).toHaveLength(read.size);
        }),
      ),
      { numRuns: 25 },
    ),
  );

  it('changes nothing when the same is declared twice', { timeout: 60_000 }, () =>
    fc.assert(
      fc.asyncProperty(declarations, declarations, (first, second) =>
        withStore(engine, async (store) => {
          const fixture = await createStoreFixture(store, ...first);
          await fixture.declare(second);
          const before = await store.reader.selectFrom('source').selectAll().execute();
          await fixture.declare(second, noon + hour);
          expect(await store.reader.selectFrom('source').selectAll().execute()).toEqual(before);
        }),
      ),
      { numRuns: 15 },
    ),
  );
});
