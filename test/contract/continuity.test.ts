import { describe, expect, it } from 'vitest';
import type { NormalisedFeed } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readContinuity } from '../../src/store/items/known-items.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { aFeed, anItemDraft, day, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

async function unknownEntriesOf(store: Store, drafts: NormalisedFeed['drafts'], id = 'a'): Promise<string[]> {
  const { unknownEntries } = await readContinuity(store.reader, id, aFeed(drafts));
  return unknownEntries.map(({ entryKey }) => entryKey);
}

async function opened(store: Store): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, 'a', 'b');
  await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
  return fixture;
}

describe.each(engines)('the unknown entries of a document on $name', (engine) => {
  it('are those that the source has not listed before, in document order', () =>
    withStore(engine, async (store) => {
      await opened(store);
      const drafts = [
        anItemDraft('four'),
        anItemDraft('one'),
        anItemDraft('three'),
        anItemDraft('two', { title: 'Edited' }),
      ];
      expect(await unknownEntriesOf(store, drafts)).toEqual(['guid-four', 'guid-three']);
      expect(await unknownEntriesOf(store, [])).toEqual([]);
    }));

  it('exclude an entry with a new id and a known link', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await unknownEntriesOf(store, [anItemDraft('one', { entryKey: 'new-id' })])).toEqual([]);
      expect(await unknownEntriesOf(store, [anItemDraft('one', { entryKey: 'new-id', canonicalUrl: null })])).toEqual([
        'new-id',
      ]);
    }));

  it('include an entry that only another source has listed', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await unknownEntriesOf(store, [anItemDraft('one')], 'b')).toEqual(['guid-one']);
    }));

  it('exclude an entry whose item was retired', () =>
    withStore(engine, async (store) => {
      await opened(store);
      await retireItems(store, { nowMs: noon + 31 * day, maxAgeMs: 30 * day, keepNewest: 0, maxItems: 1000 });
      expect(await unknownEntriesOf(store, [anItemDraft('one'), anItemDraft('new')])).toEqual(['guid-new']);
    }));

  it('are all entries of an undeclared source', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await unknownEntriesOf(store, [anItemDraft('one')], 'c')).toEqual(['guid-one']);
    }));
});

describe.each(engines)('the previous identity of a source on $name', (engine) => {
  const herald = { feedTitle: 'Example Herald', siteUrl: 'https://www.herald.example.org/' };
  const watches = { feedTitle: 'Cheap Watches', siteUrl: 'https://watches.example.com/' };

  it.each<[string, Partial<NormalisedFeed>, Partial<NormalisedFeed>, object | null]>([
    ['another title of another site', herald, watches, { title: 'Example Herald', site: 'herald.example.org' }],
    ['another title only', herald, { ...herald, feedTitle: 'The Herald' }, null],
    ['another site only', herald, { ...herald, siteUrl: 'https://herald.example.com/' }, null],
    ['another URL of the same host', herald, { ...watches, siteUrl: 'http://herald.example.org/new' }, null],
    ['no title', herald, { ...watches, feedTitle: null }, null],
    ['no site', herald, { ...watches, siteUrl: null }, null],
    ['a title where there was none', { ...herald, feedTitle: null }, watches, null],
    ['a site where there was none', { ...herald, siteUrl: null }, watches, null],
  ])('is returned if and only if title and site change: %s', (_what, before, now, expected) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', aFeed([anItemDraft('one')], before));
      const { previousIdentity } = await readContinuity(store.reader, 'a', aFeed([anItemDraft('two')], now));
      expect(previousIdentity).toEqual(expected);
    }));
});
