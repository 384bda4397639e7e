import { describe, expect, it } from 'vitest';
import type { WireItem } from '../../src/domain/events/wire.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { readStoredHtml, replaceHtml } from '../../src/store/items/stored-html.ts';
import { anItemDraft, day, hour, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** The content that each event sends, in order. */
async function contents(fixture: StoreFixture): Promise<(string | undefined)[]> {
  return (await fixture.events()).map(({ body }) => (JSON.parse(body) as WireItem).html);
}

/** How often the content is stored with an event. */
async function copies({ reader }: Store): Promise<number> {
  const rows = await reader.selectFrom('event').select(['html', 'body']).execute();
  return rows.filter(({ html, body }) => html !== null || body.includes('"html"')).length;
}

async function begin(store: Store): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, 'a');
  await fixture.open('a');
  return fixture;
}

const version = (number: number, html = `<p>Text ${number}</p>`) =>
  anItemDraft('one', { title: `Title ${number}`, contentHtml: html, contentHash: `hash ${number}` });

describe.each(engines)('the content of an event on $name', (engine) => {
  it('is stored once, with the item', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      expect(await contents(fixture)).toEqual(['<p>Text 1</p>']);
      expect(await copies(store)).toBe(0);
    }));

  it('stays what it was when the item is edited', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      await fixture.read('a', [version(2)], noon + hour);
      expect(await contents(fixture)).toEqual(['<p>Text 1</p>', '<p>Text 2</p>']);
      expect(await copies(store)).toBe(1);
    }));

  it('is not copied when an edit keeps the content', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      await fixture.read('a', [version(2, '<p>Text 1</p>')], noon + hour);
      expect(await contents(fixture)).toEqual(['<p>Text 1</p>', '<p>Text 1</p>']);
      expect(await copies(store)).toBe(0);
    }));

  it('stays what it was when the stored content is sanitised again', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      const [stored] = await readStoredHtml(store.reader, 0, 10);
      await replaceHtml(store, [{ ...stored!, sanitised: '<p>Cleaned</p>' }], noon + hour);
      expect(await contents(fixture)).toEqual(['<p>Text 1</p>', '<p>Cleaned</p>']);
    }));

  it('stays what it was when the item is deleted', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      const limits = { maxAgeMs: 30 * day, keepNewest: 0, maxItems: 100 };
      expect(await retireItems(store, { ...limits, nowMs: noon + 60 * day })).toBe(1);
      expect(await contents(fixture)).toEqual(['<p>Text 1</p>']);
    }));

  it('is found by a filter for text', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      await fixture.read('a', [version(2)], noon + hour);
      const [first, second] = await fixture.events();
      expect(first?.facets.text).toContain('Text 1');
      expect(second?.facets.text).toContain('Text 2');
      expect(second?.previousFacets?.text).toContain('Text 1');
    }));

  it('is read from the body of an event that an earlier version has written', () =>
    withStore(engine, async (store) => {
      const fixture = await begin(store);
      await fixture.read('a', [version(1)]);
      const body = JSON.stringify({ id: 1, html: '<p>Earlier</p>' });
      await store.write((tx) => tx.updateTable('event').set({ body, html: null, html_in_item: 0 }).execute());
      expect(await contents(fixture)).toEqual(['<p>Earlier</p>']);
    }));
});
