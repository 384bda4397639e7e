import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { readItemByKey, readItems } from '../../src/store/queries/read-items.ts';
import { knownHashes } from '../../src/store/sources/source-state.ts';
import { day, digest, draft, hour, minute, noon, StoreFixture, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const one = 'http://example.net/one';

function titlesOf(store: Store): Promise<string[]> {
  return readItems(store.reader, { filter: everything, limit: 1000, before: null }).then(({ items }) =>
    items.map(({ title }) => title),
  );
}

function many(count: number, over: (index: number) => Partial<ItemDraft> = () => ({})): ItemDraft[] {
  return Array.from({ length: count }, (_, index) => draft(`n${index}`, over(index)));
}

describe.each(engines)('new items on $name', (engine) => {
  it('come with one event each, which carries the item', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.open('a');
      const result = await room.read('a', [draft('one')]);
      expect(result).toMatchObject({ kind: 'stored', added: 1, updated: 0, joined: 0, events: 1, head: 1 });
      const [event] = await room.events();
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

  it('stand in the log in the order of the document, oldest first', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.open('a');
      await room.read('a', many(3));
      const titles = (await room.events()).map(({ body }) => JSON.parse(body).title);
      expect(titles).toEqual(['Title of n0', 'Title of n1', 'Title of n2']);
    }));

  it('of equal dates are shown last of the document first, as the log has them', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read(
        'a',
        many(3, () => ({ publishedMs: null })),
      );
      expect(await titlesOf(store)).toEqual(['Title of n2', 'Title of n1', 'Title of n0']);
    }));

  it('of one document that share a link stay apart', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const result = await room.read(
        'a',
        many(20, () => ({ canonicalUrl: null, url: 'https://example.net/' })),
      );
      expect(result).toMatchObject({ added: 20 });
      expect(await titlesOf(store)).toHaveLength(20);
    }));

  it('of one document that claim one canonical URL stay apart as well', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      expect(
        await room.read(
          'a',
          many(120, () => ({ canonicalUrl: one })),
        ),
      ).toMatchObject({ added: 120 });
      expect(await titlesOf(store)).toHaveLength(120);
    }));

  it('named twice in one document count once, by their last mention', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const result = await room.read('a', [draft('one', { title: 'Earlier' }), draft('one', { title: 'Later' })]);
      expect(result).toMatchObject({ added: 1, events: 1 });
      expect(await titlesOf(store)).toEqual(['Later']);
    }));

  it('named under two guids, as by an archive of before an edit, count once, by their last mention', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      const edited = draft('one', { entryKey: 'edited', guid: 'edited', title: 'The Title of one' });
      expect(await room.read('a', [draft('one'), edited])).toMatchObject({ added: 1, events: 1 });
      expect(await titlesOf(store)).toEqual(['The Title of one']);
    }));

  it('are backfill in the first read of a source, through all its batches, and news afterwards', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', many(60));
      await room.read('a', [...many(60), draft('fresh')]);
      const flags = (await room.events()).map(({ backfill }) => backfill);
      expect(flags).toEqual([...Array.from({ length: 60 }, () => true), false]);
    }));

  it('are backfill when they are over a week old at first sight', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.open('a');
      await room.read('a', [draft('old', { publishedMs: noon - 8 * day }), draft('new')]);
      expect((await room.events()).map(({ backfill }) => backfill)).toEqual([true, false]);
      expect(await readItemByKey(store.reader, 'http://example.net/old')).toMatchObject({ backfill: true });
    }));

  it('carry the title that the feed gives itself from the first event on', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a', { title: null })]);
      await room.read('a', digest(many(60), { feedTitle: 'The Example', siteUrl: 'https://a.example.org/' }));
      const labels = new Set((await room.events()).map(({ body }) => JSON.parse(body).source.title));
      expect([...labels]).toEqual(['The Example']);
    }));
});

describe.each(engines)('items that are read again on $name', (engine) => {
  it('make no event and no revision when nothing changed', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      for (let poll = 0; poll < 10; poll += 1) await room.read('a', [draft('one')], noon + poll * minute);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 1 });
      expect(await readHead(store.reader)).toMatchObject({ head: 1 });
    }));

  it('stay where they were when only their entry vanishes and returns', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', [draft('one')]);
      await room.read('a', [draft('two')]);
      expect(await room.read('a', [draft('one')])).toMatchObject({ added: 0, events: 0 });
    }));

  it('are edited in place by their owner, with one update that names what changed', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.open('a');
      await room.read('a', [draft('one')]);
      const before = await readItemByKey(store.reader, one);
      const result = await room.read('a', [draft('one', { title: 'Corrected' })], noon + hour);
      expect(result).toMatchObject({ added: 0, updated: 1, events: 1 });
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        id: before?.id,
        revision: 2,
        title: 'Corrected',
        firstSeenMs: noon,
        sortMs: noon - hour,
      });
      const [added, updated] = await room.events();
      expect(updated).toMatchObject({ op: 'update', changed: ['title'], previousFacets: added?.facets });
      expect(updated?.facets.text).toContain('Corrected');
    }));

  it('keep in the log what was true of their source before it was declared anew', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', [draft('one')]);
      await room.declare([source('a', { section: 'Science' })]);
      await room.read('a', [draft('one', { title: 'Corrected' })]);
      const update = (await room.events()).at(-1);
      expect(update?.previousFacets?.sections).toEqual(['World']);
      expect(update?.facets.sections).toEqual(['Science']);
    }));

  it('offer their hashes, so that only what changed is read in full', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await room.read('a', [draft('one'), draft('two', { publishedMs: noon })]);
      await room.read('b', [draft('three')]);
      const hashes = await knownHashes(store.reader, 'a', 10);
      expect(hashes).toEqual({ 'guid-one': draft('one').contentHash, 'guid-two': draft('two').contentHash });
      expect(Object.keys(await knownHashes(store.reader, 'a', 1))).toEqual(['guid-two']);
    }));

  it('are held back when they change too often, and found again by a later read', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.open('a');
      await room.read('a', [draft('one')]);
      for (let edit = 1; edit <= 6; edit += 1) {
        await room.read('a', [draft('one', { title: `Version ${edit}` })], noon + edit * minute);
      }
      expect(room.pollCounts.map(({ deferred }) => deferred)).toEqual([0, 0, 0, 0, 0, 1, 1, 1]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 4, title: 'Version 3' });
      expect((await knownHashes(store.reader, 'a', 9))['guid-one']).toBe(
        draft('one', { title: 'Version 3' }).contentHash,
      );
      await room.read('a', [draft('one', { title: 'Version 6' })], noon + 2 * hour);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ revision: 5, title: 'Version 6' });
      expect(await readHead(store.reader)).toMatchObject({ head: 5 });
    }));
});

describe.each(engines)('an item of two sources on $name', (engine) => {
  async function twoSources(store: Store): Promise<StoreFixture> {
    const room = new StoreFixture(store);
    await room.declare([source('a'), source('b', { section: 'Science' })]);
    await room.open('a', 'b');
    return room;
  }

  it('keeps its text and revision however the other words it, over ten polls', () =>
    withStore(engine, async (store) => {
      const room = await twoSources(store);
      for (let poll = 0; poll < 10; poll += 1) {
        await room.read('a', [draft('one')], noon + poll * minute);
        await room.read('b', [draft('one', { title: `Other words ${poll}` })], noon + poll * minute);
      }
      expect(await readItemByKey(store.reader, one)).toMatchObject({
        revision: 1,
        title: 'Title of one',
        source: { id: 'a' },
        alsoIn: [{ id: 'b', title: 'B' }],
        sections: ['World', 'Science'],
      });
      expect((await room.events()).map(({ op, changed }) => [op, changed])).toEqual([
        ['add', []],
        ['update', ['alsoIn']],
      ]);
    }));

  it('tells filters of the section that it has come into', () =>
    withStore(engine, async (store) => {
      const room = await twoSources(store);
      await room.read('a', [draft('one')]);
      expect(await room.read('b', [draft('one')])).toMatchObject({ added: 0, joined: 1, updated: 0, events: 1 });
      const update = (await room.events()).at(-1);
      expect(update).toMatchObject({ previousFacets: { sections: ['World'], sources: ['a'] } });
      expect(update?.facets).toMatchObject({ sections: ['World', 'Science'], sources: ['a', 'b'] });
    }));

  it('is not taken over by a guid that another source claims', () =>
    withStore(engine, async (store) => {
      const room = await twoSources(store);
      await room.read('a', [draft('one')]);
      const claimed = draft('one', { canonicalUrl: 'http://example.net/elsewhere', title: 'Forged' });
      expect(await room.read('b', [claimed])).toMatchObject({ added: 1 });
      expect(await readItemByKey(store.reader, one)).toMatchObject({ title: 'Title of one', alsoIn: [] });
    }));

  it("passes once, by one update, to the source on the item's own host", () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('planet'), source('press', { url: 'https://example.net/feed.xml' })]);
      await room.open('planet', 'press');
      await room.read('planet', [draft('one', { title: 'As collected' })]);
      await room.read('press', [draft('one', { title: 'As published' })]);
      await room.read('planet', [draft('one', { title: 'Collected again' })]);
      await room.read('press', [draft('one', { title: 'As published' })]);
      const item = await readItemByKey(store.reader, one);
      expect(item).toMatchObject({
        title: 'As published',
        revision: 2,
        source: { id: 'press' },
        alsoIn: [{ id: 'planet' }],
      });
      expect((await room.events()).map(({ op, changed }) => [op, changed])).toEqual([
        ['add', []],
        ['update', ['title', 'source', 'alsoIn']],
      ]);
    }));

  it('passes to a source that says at its first read where its site is', () =>
    withStore(engine, async (store) => {
      const room = await twoSources(store);
      await room.read('a', [draft('one')]);
      await room.read('b', digest([draft('one')], { siteUrl: 'https://www.example.net/' }));
      expect(await readItemByKey(store.reader, one)).toMatchObject({ source: { id: 'b' } });
    }));

  it('stays when its owner is removed, and keeps the name of it', () =>
    withStore(engine, async (store) => {
      const room = await twoSources(store);
      await room.read('a', [draft('one')]);
      await room.declare([source('b')]);
      expect(await readItemByKey(store.reader, one)).toMatchObject({ source: { id: 'a', title: 'A' } });
      expect((await room.events()).map(({ op }) => op)).toEqual(['add']);
    }));
});

describe.each(engines)('a new guid for a known link on $name', (engine) => {
  it('makes a new item beside the old one', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', [draft('one'), draft('two')]);
      const changed = draft('one', { entryKey: 'other-guid', title: 'Told anew' });
      expect(await room.read('a', digest([changed], { unchanged: ['guid-two'] }))).toMatchObject({ added: 1 });
      expect(await readItemByKey(store.reader, 'a:other-guid')).toMatchObject({ url: 'https://example.net/one' });
      expect(await readItemByKey(store.reader, one)).toMatchObject({ title: 'Title of one' });
    }));

  it('is the same item when the title is nearly the same, also in a document of several batches', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', many(120));
      const edited = many(120, (index) =>
        index % 40 === 0 ? { entryKey: `new-${index}`, guid: `new-${index}`, summary: 'Corrected' } : {},
      );
      expect(await room.read('a', edited)).toMatchObject({ added: 0, updated: 3, events: 3 });
      expect(await room.read('a', edited)).toMatchObject({ added: 0, updated: 0, events: 0 });
    }));

  it('is the same item when the whole site has moved', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', many(120));
      const moved = many(120, (index) => ({ entryKey: `new-${index}`, guid: `new-${index}` }));
      expect(await room.read('a', moved)).toMatchObject({ added: 0, updated: 0, events: 0 });
      expect(await room.read('a', moved)).toMatchObject({ added: 0, events: 0 });
      expect(await readHead(store.reader)).toMatchObject({ head: 120 });
      expect(Object.keys(await knownHashes(store.reader, 'a', 500)).every((key) => key.startsWith('new-'))).toBe(true);
    }));

  it('takes the edits of a move, and renames even what it holds back', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await room.read('a', many(2));
      for (let edit = 1; edit <= 3; edit += 1)
        await room.read(
          'a',
          many(2, () => ({ title: `Version ${edit}` })),
        );
      const moved = many(2, (index) => ({ entryKey: `new-${index}`, title: 'Version 4' }));
      expect(await room.read('a', moved)).toMatchObject({ added: 0, updated: 0, deferred: 2 });
      expect(await room.read('a', moved, noon + 2 * hour)).toMatchObject({ added: 0, updated: 2, deferred: 0 });
      expect(await titlesOf(store)).toEqual(['Version 4', 'Version 4']);
    }));
});
