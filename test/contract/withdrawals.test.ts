import { describe, expect, it } from 'vitest';
import { everything, type Filter } from '../../src/domain/events/filter.ts';
import { createMatcher } from '../../src/push/fanout/event-filter.ts';
import { restoreItem, withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItem, readItems, readSections } from '../../src/store/queries/read-items.ts';
import { readWithdrawals } from '../../src/store/queries/snapshot.ts';
import { anItemDraft, aSource, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

describe.each(engines)('withdrawals on $name', (engine) => {
  /** A fixture with three items of `a`, the oldest of them backfill, and one of `b`. */
  const withFixture = (work: (fixture: StoreFixture) => Promise<void>) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', aSource('b', { section: 'Science' }));
      await fixture.open('a', 'b');
      await fixture.read('a', [
        anItemDraft('harbour', { categories: ['Ports'] }),
        anItemDraft('ferry', { language: 'de' }),
        anItemDraft('old', { publishedMs: noon - 30 * 24 * 60 * minute }),
      ]);
      await fixture.read('b', [anItemDraft('comet')]);
      await work(fixture);
    });
  const idOf = async (fixture: StoreFixture, name: string) =>
    (await fixture.events()).find(({ body }) => body.includes(`"Title of ${name}"`))?.itemId ?? 0;
  const shown = async ({ store }: StoreFixture, over: Partial<Filter> = {}) =>
    (await readItems(store.reader, { filter: { ...everything, ...over }, limit: 10, before: null })).items.map(
      ({ title }) => title,
    );

  it('are reversed completely in views, search, counts and text', () =>
    withFixture(async (fixture) => {
      const { store } = fixture;
      const id = await idOf(fixture, 'harbour');
      const [before, counts, item] = [
        await shown(fixture),
        await readSections(store.reader),
        await readItem(store.reader, id),
      ];
      await withdrawItem(store, id, noon + minute);
      expect(await shown(fixture, { q: 'harbour' })).toEqual([]);
      expect(await readSections(store.reader)).not.toEqual(counts);
      expect(await restoreItem(store, id, noon + 2 * minute)).toBe(6);
      expect(await shown(fixture)).toEqual(before);
      expect(await shown(fixture, { q: 'harbour' })).toEqual(['Title of harbour']);
      expect(await shown(fixture, { categories: ['ports'] })).toEqual(['Title of harbour']);
      expect(await readSections(store.reader)).toEqual(counts);
      expect(await readItem(store.reader, id)).toEqual(item);
    }));

  it('are not reversed twice, nor for an item that is not withdrawn', () =>
    withFixture(async (fixture) => {
      const id = await idOf(fixture, 'ferry');
      expect(await restoreItem(fixture.store, id, noon)).toBeNull();
      expect(await restoreItem(fixture.store, 999, noon)).toBeNull();
      await withdrawItem(fixture.store, id, noon);
      expect(await restoreItem(fixture.store, id, noon)).toBe(6);
      expect(await restoreItem(fixture.store, id, noon)).toBeNull();
      expect(await fixture.events()).toHaveLength(6);
    }));

  it.each(['harbour', 'old'])('are reversed for every subscription that received them: %s', (name) =>
    withFixture(async (fixture) => {
      const id = await idOf(fixture, name);
      await withdrawItem(fixture.store, id, noon);
      await restoreItem(fixture.store, id, noon);
      const [removed, restored] = (await fixture.events()).slice(-2);
      if (removed === undefined || restored === undefined) throw new Error('no events');
      // Also for a filter without backfill: its client may have the item from a snapshot.
      for (const filter of [everything, { ...everything, sources: ['a'] }, { ...everything, q: name }]) {
        const matcher = createMatcher([filter]);
        expect([matcher.decide(removed), matcher.decide(restored)]).toEqual(['remove', 'update']);
      }
      expect(createMatcher([{ ...everything, sources: ['b'] }]).decide(restored)).toBeNull();
      expect(restored.changed).toContain('title');
    }));

  it('do not lose an edit that was skipped while the item was withdrawn', () =>
    withFixture(async (fixture) => {
      const id = await idOf(fixture, 'harbour');
      await withdrawItem(fixture.store, id, noon);
      const edited = anItemDraft('harbour', { title: 'Harbour closed' });
      await fixture.read('a', [edited], noon + minute);
      await restoreItem(fixture.store, id, noon + 2 * minute);
      expect((await readItem(fixture.store.reader, id))?.title).toBe('Title of harbour');
      await fixture.read('a', [edited], noon + 3 * minute);
      expect((await readItem(fixture.store.reader, id))?.title).toBe('Harbour closed');
    }));

  it('are listed newest first, restricted by a filter and a time', () =>
    withFixture(async (fixture) => {
      for (const [index, name] of ['harbour', 'ferry', 'old', 'comet'].entries()) {
        await withdrawItem(fixture.store, await idOf(fixture, name), noon + index * minute);
      }
      const list = async (over: Partial<Filter>, sinceMs = noon, limit = 10) => {
        const filter = { ...everything, backfill: true, ...over };
        const found = await readWithdrawals(fixture.store.reader, { filter, sinceMs, limit, items: 1 });
        return found.map(({ key }) => key.replace(/^.*\//, ''));
      };
      expect(await list({})).toEqual(['comet', 'old', 'ferry', 'harbour']);
      expect(await list({}, noon + minute, 2)).toEqual(['comet', 'old']);
      expect(await list({}, noon + 3 * minute)).toEqual(['comet']);
      expect(await list({ sections: ['science'] })).toEqual(['comet']);
      expect(await list({ sources: ['a'] })).toEqual(['old', 'ferry', 'harbour']);
      expect(await list({ languages: ['de'] })).toEqual(['ferry']);
      expect(await list({ categories: ['ports'] })).toEqual(['harbour']);
      expect(await list({ backfill: false })).toEqual(['comet', 'ferry', 'harbour']);
      expect(await list({ q: 'text -comet -old' })).toEqual(['ferry', 'harbour']);
      expect(await list({ q: 'text before:2026-02-15' })).toEqual(['old']);
      expect(await list({ q: 'section:science' })).toEqual(['comet']);
      expect(await list({ q: '-source:b -ferry' })).toEqual(['old', 'harbour']);
      await restoreItem(fixture.store, await idOf(fixture, 'comet'), noon + 9 * minute);
      expect(await list({ sections: ['science'] })).toEqual([]);
    }));
});
