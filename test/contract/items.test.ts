import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { knownHashes } from '../../src/store/sources/source-state.ts';
import { aFeed, anItemDraft, aSource, day, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { manyDrafts, titlesOf } from './item-queries.ts';
import { engines, withStore } from './test-engines.ts';

const one = 'http://example.net/one';

describe.each(engines)('new items on $name', (engine) => {
  it('create one event each, which contains the item', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      const result = await fixture.read('a', [anItemDraft('one')]);
      expect(result).toMatchObject({ kind: 'stored', added: 1, updated: 0, joined: 0, events: 1, head: 1 });
      const [event] = await fixture.events();
      expect(event).toMatchObject({
        seq: 1,
        op: 'add',
        backfill: false,
        changed: [],
        previousFacets: null,
        atMs: noon,
      });
      expect(event?.facets).toMatchObject({ sections: ['World'], sources: ['a'], language: 'en' });
      expect(JSON.parse(event?.body ?? '')).toMatchObject({
        id: event?.itemId,
        title: 'Title of one',
        source: { id: 'a', title: 'A' },
        section: 'World',
        revision: 1,
      });
      expect(await readItemByKey(store.reader, one)).toMatchObject({ key: one, revision: 1, firstSeenMs: noon });
    }));

  it('are in the log in the order of the document, oldest first', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      await fixture.read('a', manyDrafts(3));
      const titles = (await fixture.events()).map(({ body }) => JSON.parse(body).title);
      expect(titles).toEqual(['Title of n0', 'Title of n1', 'Title of n2']);
    }));

  it('with equal dates are listed in reverse document order, the newest event first', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read(
        'a',
        manyDrafts(3, () => ({ publishedMs: null })),
      );
      expect(await titlesOf(store)).toEqual(['Title of n2', 'Title of n1', 'Title of n0']);
    }));

  it('that share a link within one document are separate items', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const result = await fixture.read(
        'a',
        manyDrafts(20, () => ({ canonicalUrl: null, url: 'https://example.net/' })),
      );
      expect(result).toMatchObject({ added: 20 });
      expect(await titlesOf(store)).toHaveLength(20);
    }));

  it('that claim one canonical URL within one document are separate items', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      expect(
        await fixture.read(
          'a',
          manyDrafts(120, () => ({ canonicalUrl: one })),
        ),
      ).toMatchObject({ added: 120 });
      expect(await titlesOf(store)).toHaveLength(120);
    }));

  it('that a document contains twice are stored once, with the last entry', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const result = await fixture.read('a', [
        anItemDraft('one', { title: 'Earlier' }),
        anItemDraft('one', { title: 'Later' }),
      ]);
      expect(result).toMatchObject({ added: 1, events: 1 });
      expect(await titlesOf(store)).toEqual(['Later']);
    }));

  it('that a document contains under two guids, as an archive from before an edit does, are stored once', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      const edited = anItemDraft('one', { entryKey: 'edited', guid: 'edited', title: 'The Title of one' });
      expect(await fixture.read('a', [anItemDraft('one'), edited])).toMatchObject({ added: 1, events: 1 });
      expect(await titlesOf(store)).toEqual(['The Title of one']);
    }));

  it('are backfill in every batch of the first read of a source, and news afterwards', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', manyDrafts(60));
      await fixture.read('a', [...manyDrafts(60), anItemDraft('fresh')]);
      const flags = (await fixture.events()).map(({ backfill }) => backfill);
      expect(flags).toEqual([...Array.from({ length: 60 }, () => true), false]);
    }));

  it('are backfill when they are over a week old when first seen', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      await fixture.read('a', [anItemDraft('old', { publishedMs: noon - 8 * day }), anItemDraft('new')]);
      expect((await fixture.events()).map(({ backfill }) => backfill)).toEqual([true, false]);
      expect(await readItemByKey(store.reader, 'http://example.net/old')).toMatchObject({ backfill: true });
    }));

  it("contain the feed's own title from the first event on", () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, aSource('a', { title: null }));
      await fixture.read('a', aFeed(manyDrafts(60), { feedTitle: 'The Example', siteUrl: 'https://a.example.org/' }));
      const labels = new Set((await fixture.events()).map(({ body }) => JSON.parse(body).source.title));
      expect([...labels]).toEqual(['The Example']);
    }));
});

describe.each(engines)('items that are read again on $name', (engine) => {
  it('create no event and no revision when nothing changed', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      for (let poll = 0; poll < 10; poll += 1) await fixture.read('a', [anItemDraft('one')], noon + poll * minute);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 1 });
      expect(await readHead(store.reader)).toMatchObject({ head: 1 });
    }));

  it('are unchanged when their entry is absent once and listed again', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.read('a', [anItemDraft('two')]);
      expect(await fixture.read('a', [anItemDraft('one')])).toMatchObject({ added: 0, events: 0 });
    }));

  it('are edited in place by their owner, with one update that names what changed', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      await fixture.read('a', [anItemDraft('one')]);
      const before = await readItemByKey(store.reader, one);
      const result = await fixture.read('a', [anItemDraft('one', { title: 'Corrected' })], noon + hour);
      expect(result).toMatchObject({ added: 0, updated: 1, events: 1 });
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        id: before?.id,
        revision: 2,
        title: 'Corrected',
        firstSeenMs: noon,
        sortMs: noon - hour,
      });
      const [added, updated] = await fixture.events();
      expect(updated).toMatchObject({ op: 'update', changed: ['title'], previousFacets: added?.facets });
      expect(updated?.facets.text).toContain('Corrected');
    }));

  it('keep the earlier section in the log when their source is declared in another', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.declare([aSource('a', { section: 'Science' })]);
      await fixture.read('a', [anItemDraft('one', { title: 'Corrected' })]);
      const update = (await fixture.events()).at(-1);
      expect(update?.previousFacets?.sections).toEqual(['World']);
      expect(update?.facets.sections).toEqual(['Science']);
    }));

  it('provide their content hashes by entry key, newest first up to a limit', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.read('a', [anItemDraft('one'), anItemDraft('two', { publishedMs: noon })]);
      await fixture.read('b', [anItemDraft('three')]);
      const hashes = await knownHashes(store.reader, 'a', 10);
      expect(hashes).toEqual({
        'guid-one': anItemDraft('one').contentHash,
        'guid-two': anItemDraft('two').contentHash,
      });
      expect(Object.keys(await knownHashes(store.reader, 'a', 1))).toEqual(['guid-two']);
    }));

  it('are not updated more than three times an hour, and are updated by a later read', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.open('a');
      await fixture.read('a', [anItemDraft('one')]);
      for (let edit = 1; edit <= 6; edit += 1) {
        await fixture.read('a', [anItemDraft('one', { title: `Version ${edit}` })], noon + edit * minute);
      }
      expect(fixture.pollCounts.map(({ deferred }) => deferred)).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 4, title: 'Version 3' });
      expect((await knownHashes(store.reader, 'a', 9))['guid-one']).toBe(
        anItemDraft('one', { title: 'Version 3' }).contentHash,
      );
      await fixture.read('a', [anItemDraft('one', { title: 'Version 6' })], noon + 2 * hour);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 5, title: 'Version 6' });
      expect(await readHead(store.reader)).toMatchObject({ head: 5 });
    }));
});

describe.each(engines)('an item of two sources on $name', (engine) => {
  async function twoSources(store: Store): Promise<StoreFixture> {
    const fixture = await createStoreFixture(store, 'a', aSource('b', { section: 'Science' }));
    await fixture.open('a', 'b');
    return fixture;
  }

  it('keeps its text and revision over ten polls in which the other source words it differently', () =>
    withStore(engine, async (store) => {
      const fixture = await twoSources(store);
      for (let poll = 0; poll < 10; poll += 1) {
        await fixture.read('a', [anItemDraft('one')], noon + poll * minute);
        await fixture.read('b', [anItemDraft('one', { title: `Other words ${poll}` })], noon + poll * minute);
      }
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        revision: 1,
        title: 'Title of one',
        source: { id: 'a' },
        alsoIn: [{ id: 'b', title: 'B' }],
        sections: ['World', 'Science'],
      });
      expect((await fixture.events()).map(({ op, changed }) => [op, changed])).toEqual([
        ['add', []],
        ['update', ['alsoIn']],
      ]);
    }));

  it('has the section of both sources in the facets of its update', () =>
    withStore(engine, async (store) => {
      const fixture = await twoSources(store);
      await fixture.read('a', [anItemDraft('one')]);
      expect(await fixture.read('b', [anItemDraft('one')])).toMatchObject({
        added: 0,
        joined: 1,
        updated: 0,
        events: 1,
      });
      const update = (await fixture.events()).at(-1);
      expect(update).toMatchObject({ previousFacets: { sections: ['World'], sources: ['a'] } });
      expect(update?.facets).toMatchObject({ sections: ['World', 'Science'], sources: ['a', 'b'] });
    }));

  it('is not changed by another source that uses its guid with another link', () =>
    withStore(engine, async (store) => {
      const fixture = await twoSources(store);
      await fixture.read('a', [anItemDraft('one')]);
      const claimed = anItemDraft('one', { canonicalUrl: 'http://example.net/elsewhere', title: 'Forged' });
      expect(await fixture.read('b', [claimed])).toMatchObject({ added: 1 });
      expect(await readItemByKey(store.reader, one)).toMatchObject({ title: 'Title of one', alsoIn: [] });
    }));

  it("is transferred once, by one update, to the source on the item's own host", () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(
        store,
        'planet',
        aSource('press', { url: 'https://example.net/feed.xml' }),
      );
      await fixture.open('planet', 'press');
      await fixture.read('planet', [anItemDraft('one', { title: 'As collected' })]);
      await fixture.read('press', [anItemDraft('one', { title: 'As published' })]);
      await fixture.read('planet', [anItemDraft('one', { title: 'Collected again' })]);
      await fixture.read('press', [anItemDraft('one', { title: 'As published' })]);
      const item = await readItemByKey(store.reader, one);
      expect(item).toMatchObject({
        title: 'As published',
        revision: 2,
        source: { id: 'press' },
        alsoIn: [{ id: 'planet' }],
      });
      expect((await fixture.events()).map(({ op, changed }) => [op, changed])).toEqual([
        ['add', []],
        ['update', ['title', 'source', 'alsoIn']],
      ]);
    }));

  it("is transferred to a source whose first document names the item's host as its site", () =>
    withStore(engine, async (store) => {
      const fixture = await twoSources(store);
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.read('b', aFeed([anItemDraft('one')], { siteUrl: 'https://www.example.net/' }));
      expect(await readItemByKey(store.reader, one)).toMatchObject({ source: { id: 'b' } });
    }));

  it('keeps its owner and the title of the owner when the owner is removed', () =>
    withStore(engine, async (store) => {
      const fixture = await twoSources(store);
      await fixture.read('a', [anItemDraft('one')]);
      await fixture.declare([aSource('b')]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ source: { id: 'a', title: 'A' } });
      expect((await fixture.events()).map(({ op }) => op)).toEqual(['add']);
    }));
});

describe.each(engines)('a new guid for a known link on $name', (engine) => {
  it('creates a new item beside the old one when the title differs', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
      const changed = anItemDraft('one', { entryKey: 'other-guid', title: 'Another report' });
      expect(await fixture.read('a', aFeed([changed], { unchanged: ['guid-two'] }))).toMatchObject({ added: 1 });
      expect(await readItemByKey(store.reader, 'a:other-guid')).toMatchObject({ url: 'https://example.net/one' });
      expect(await readItemByKey(store.reader, one)).toMatchObject({ title: 'Title of one' });
    }));

  it('is the same item when the titles are similar, also in a document of several batches', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', manyDrafts(120));
      const edited = manyDrafts(120, (index) =>
        index % 40 === 0 ? { entryKey: `new-${index}`, guid: `new-${index}`, summary: 'Corrected' } : {},
      );
      expect(await fixture.read('a', edited)).toMatchObject({ added: 0, updated: 3, events: 3 });
      expect(await fixture.read('a', edited)).toMatchObject({ added: 0, updated: 0, events: 0 });
    }));

  it('is the same item when all guids of the document change', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', manyDrafts(120));
      const moved = manyDrafts(120, (index) => ({ entryKey: `new-${index}`, guid: `new-${index}` }));
      expect(await fixture.read('a', moved)).toMatchObject({ added: 0, updated: 0, events: 0 });
      expect(await fixture.read('a', moved)).toMatchObject({ added: 0, events: 0 });
      expect(await readHead(store.reader)).toMatchObject({ head: 120 });
      expect(Object.keys(await knownHashes(store.reader, 'a', 500)).every((key) => key.startsWith('new-'))).toBe(true);
    }));

  it('updates the items of a move, and stores the new entry keys of deferred ones', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', manyDrafts(2));
      for (let edit = 1; edit <= 3; edit += 1)
        await fixture.read(
          'a',
          manyDrafts(2, () => ({ title: `Version ${edit}` })),
        );
      const moved = manyDrafts(2, (index) => ({ entryKey: `new-${index}`, title: 'Version 4' }));
      expect(await fixture.read('a', moved)).toMatchObject({ added: 0, updated: 0, deferred: 2 });
      expect(await fixture.read('a', moved, noon + 2 * hour)).toMatchObject({ added: 0, updated: 2, deferred: 0 });
      expect(await titlesOf(store)).toEqual(['Version 4', 'Version 4']);
    }));
});
