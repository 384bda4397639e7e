import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readStoredHtml, replaceHtml } from '../../src/store/items/stored-html.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItem, readItems } from '../../src/store/queries/read-items.ts';
import { anItemDraft, aSource, hour, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const before = '<p>Text of one</p>';

async function withOne(store: Store, over: Parameters<typeof aSource>[1] = {}) {
  const fixture = await createStoreFixture(store, aSource('a', over));
  await fixture.read('a', [anItemDraft('one'), anItemDraft('two', { contentHtml: '' }), anItemDraft('three')]);
  return fixture;
}

async function found(store: Store, q: string): Promise<number[]> {
  const { items } = await readItems(store.reader, { filter: { ...everything, q }, limit: 10, before: null });
  return items.map(({ id }) => id);
}

describe.each(engines)('stored content on $name', (engine) => {
  it('is read item by item, without the items that have none', () =>
    withStore(engine, async (store) => {
      await withOne(store);
      expect(await readStoredHtml(store.reader, 0, 10)).toEqual([
        { id: 1, html: before },
        { id: 3, html: '<p>Text of three</p>' },
      ]);
      expect(await readStoredHtml(store.reader, 0, 1)).toHaveLength(1);
      expect((await readStoredHtml(store.reader, 1, 10)).map(({ id }) => id)).toEqual([3]);
    }));

  it('is replaced without an event while its text is the same', () =>
    withStore(engine, async (store) => {
      const fixture = await withOne(store);
      const sanitised = '<p class="x">Text of one</p>';
      expect(await replaceHtml(store, [{ id: 1, html: before, sanitised: sanitised }], noon)).toBeNull();
      expect(await readItem(store.reader, 1)).toMatchObject({ contentHtml: sanitised, revision: 1 });
      expect(await fixture.events()).toHaveLength(3);
    }));

  it('is an edit for readers and the search when text was removed', () =>
    withStore(engine, async (store) => {
      const fixture = await withOne(store);
      expect(await replaceHtml(store, [{ id: 1, html: before, sanitised: '<p>Gone</p>' }], noon + hour)).toBe(4);
      expect(await readItem(store.reader, 1)).toMatchObject({ contentHtml: '<p>Gone</p>', revision: 2 });
      expect((await fixture.events()).at(-1)).toMatchObject({ op: 'update', itemId: 1, changed: ['html'] });
      expect(await found(store, '"text of"')).toEqual([3]);
      expect(await found(store, 'gone')).toEqual([1]);
      // The document that it came from is still the same.
      expect(await fixture.read('a', [anItemDraft('one')])).toMatchObject({ events: 0 });
    }));

  it('is not replaced when the item was edited or removed first', () =>
    withStore(engine, async (store) => {
      await withOne(store);
      const changes = [
        { id: 1, html: '<p>Older</p>', sanitised: '<p>Older, clean</p>' },
        { id: 99, html: before, sanitised: '' },
      ];
      expect(await replaceHtml(store, changes, noon)).toBeNull();
      expect(await readItem(store.reader, 1)).toMatchObject({ contentHtml: before, revision: 1 });
      expect(await replaceHtml(store, [], noon)).toBeNull();
    }));

  it('is replaced without an event when the item is not visible', () =>
    withStore(engine, async (store) => {
      const fixture = await withOne(store, { republish: 'summary' });
      await withdrawItem(store, 3, noon);
      const changes = [
        { id: 1, html: before, sanitised: '<p>Gone</p>' },
        { id: 3, html: '<p>Text of three</p>', sanitised: '<p>Gone</p>' },
      ];
      expect(await replaceHtml(store, changes, noon)).toBeNull();
      expect((await fixture.events()).map(({ op }) => op)).toEqual(['add', 'add', 'add', 'remove']);
      expect(await readStoredHtml(store.reader, 0, 10)).toMatchObject([
        { html: '<p>Gone</p>' },
        { html: '<p>Gone</p>' },
      ]);
      expect(await found(store, 'gone')).toEqual([]);
    }));
});
