import { describe, expect, it } from 'vitest';
import type { NormalisedFeed } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readContinuity } from '../../src/store/items/known-items.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { day, digest, draft, noon, StoreFixture, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

async function strangersOf(store: Store, drafts: NormalisedFeed['drafts'], id = 'a'): Promise<string[]> {
  const { unknownEntries: strangers } = await readContinuity(store.reader, id, digest(drafts));
  return strangers.map(({ entryKey }) => entryKey);
}

async function opened(store: Store): Promise<StoreFixture> {
  const room = new StoreFixture(store);
  await room.declare([source('a'), source('b')]);
  await room.read('a', [draft('one'), draft('two')]);
  return room;
}

describe.each(engines)('what is new to a source on $name', (engine) => {
  it('is what it has not listed before, in document order', () =>
    withStore(engine, async (store) => {
      await opened(store);
      const drafts = [draft('four'), draft('one'), draft('three'), draft('two', { title: 'Edited' })];
      expect(await strangersOf(store, drafts)).toEqual(['guid-four', 'guid-three']);
      expect(await strangersOf(store, [])).toEqual([]);
    }));

  it('is not an entry with a new id and a known link', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await strangersOf(store, [draft('one', { entryKey: 'new-id' })])).toEqual([]);
      expect(await strangersOf(store, [draft('one', { entryKey: 'new-id', canonicalUrl: null })])).toEqual(['new-id']);
    }));

  it('includes an entry that only another source has listed', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await strangersOf(store, [draft('one')], 'b')).toEqual(['guid-one']);
    }));

  it('is not an entry whose item was retired', () =>
    withStore(engine, async (store) => {
      await opened(store);
      await retireItems(store, { nowMs: noon + 31 * day, maxAgeMs: 30 * day, keepNewest: 0, maxItems: 1000 });
      expect(await strangersOf(store, [draft('one'), draft('new')])).toEqual(['guid-new']);
    }));

  it('is every entry for an undeclared source', () =>
    withStore(engine, async (store) => {
      await opened(store);
      expect(await strangersOf(store, [draft('one')], 'c')).toEqual(['guid-one']);
    }));
});

describe.each(engines)('the earlier identity of a source on $name', (engine) => {
  const herald = { feedTitle: 'Example Herald', siteUrl: 'https://www.herald.example.org/' };
  const watches = { feedTitle: 'Cheap Watches', siteUrl: 'https://watches.example.com/' };

  it.each<[string, Partial<NormalisedFeed>, Partial<NormalisedFeed>, object | null]>([
    ['another title of another site', herald, watches, { title: 'Example Herald', site: 'herald.example.org' }],
    ['another title only', herald, { ...herald, feedTitle: 'The Herald' }, null],
    ['another site only', herald, { ...herald, siteUrl: 'https://herald.example.com/' }, null],
    ['another address of the same host', herald, { ...watches, siteUrl: 'http://herald.example.org/new' }, null],
    ['no title', herald, { ...watches, feedTitle: null }, null],
    ['no site', herald, { ...watches, siteUrl: null }, null],
    ['a title where there was none', { ...herald, feedTitle: null }, watches, null],
    ['a site where there was none', { ...herald, siteUrl: null }, watches, null],
  ])('is told by a document that has %s', (_what, before, now, expected) =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', digest([draft('one')], before));
      const { previousIdentity: formerly } = await readContinuity(store.reader, 'a', digest([draft('two')], now));
      expect(formerly).toEqual(expected);
    }));
});
