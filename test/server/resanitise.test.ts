import { describe, expect, it } from 'vitest';
import type { Unreadable } from '../../src/domain/items/item.ts';
import { type ResanitiseOptions, resanitiseStoredHtml } from '../../src/server/resanitise.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { writeSetting } from '../../src/store/stored-settings.ts';
import { engines, withStore } from '../contract/test-engines.ts';
import { draft, noon, StoreFixture, source } from '../support/store-fixture.ts';

type Clean = ResanitiseOptions['processor']['sanitise'];

/** New rules: what was bold is strong. */
const strong: Clean = async (html) => ({ kind: 'cleaned', html: html.replaceAll(/<(\/?)b>/g, '<$1strong>') });

function failing(failure: Unreadable['failure']): Clean {
  return async () => ({ kind: 'unreadable', failure, detail: 'it failed' });
}

async function filled(store: Store, count: number): Promise<StoreFixture> {
  const room = new StoreFixture(store);
  await room.declare([source('a')]);
  const drafts = Array.from({ length: count }, (_, n) => draft(`n${n}`, { contentHtml: `<p><b>Text</b> ${n}</p>` }));
  await room.read('a', drafts);
  return room;
}

function partsOf(store: Store, over: Partial<ResanitiseOptions> & { clean?: Clean } = {}) {
  const notifiedHeads: number[] = [];
  const asked: string[] = [];
  const clean = over.clean ?? strong;
  const parts: ResanitiseOptions = {
    store,
    processor: {
      sanitise: (html) => {
        asked.push(html);
        return clean(html);
      },
    },
    clock: { now: () => noon, monotonic: () => 0 },
    signal: new AbortController().signal,
    version: 2,
    notify: (head) => void notifiedHeads.push(head),
    ...over,
  };
  return { parts, notifiedHeads, asked };
}

async function htmlOf(store: Store, n: number): Promise<string | undefined> {
  return (await readItemByKey(store.reader, `http://example.net/n${n}`))?.contentHtml;
}

describe.each(engines)('cleaning again on $name', (engine) => {
  it('has nothing to do in a new database, nor before the rules change', () =>
    withStore(engine, async (store) => {
      const first = partsOf(store);
      expect(await resanitiseStoredHtml(first.parts)).toBe(0);
      await filled(store, 3);
      expect(await resanitiseStoredHtml(first.parts)).toBe(0);
      expect(first.asked).toEqual([]);
    }));

  it('goes through everything once when they have', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      const room = await filled(store, 120);
      const { parts, notifiedHeads, asked } = partsOf(store);
      expect(await resanitiseStoredHtml(parts)).toBe(120);
      expect(asked).toHaveLength(120);
      expect(await htmlOf(store, 0)).toBe('<p><strong>Text</strong> 0</p>');
      expect(await htmlOf(store, 119)).toBe('<p><strong>Text</strong> 119</p>');
      // Nobody hears of markup.
      expect(notifiedHeads).toEqual([]);
      expect(await room.events()).toHaveLength(120);
      expect(await resanitiseStoredHtml(parts)).toBe(0);
    }));

  it('goes on where it was interrupted, and from the start under yet newer rules', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      await filled(store, 120);
      const stop = new AbortController();
      const broken = partsOf(store, {
        signal: stop.signal,
        clean: async (html) => {
          if (html.includes('Text</b> 70<')) stop.abort();
          return strong(html);
        },
      });
      expect(await resanitiseStoredHtml(broken.parts)).toBe(50);
      const next = partsOf(store);
      expect(await resanitiseStoredHtml(next.parts)).toBe(70);
      await store.write((tx) => writeSetting(tx, 'html_rules', '2 after 50'));
      expect(await resanitiseStoredHtml(partsOf(store, { version: 3 }).parts)).toBe(120);
    }));

  it('drops what takes too much, and tells the readers of it', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      const room = await filled(store, 1);
      const { parts, notifiedHeads } = partsOf(store, { clean: failing('parse_limit') });
      await resanitiseStoredHtml(parts);
      expect(await htmlOf(store, 0)).toBe('');
      expect(notifiedHeads).toEqual([2]);
      expect((await room.events()).at(-1)).toMatchObject({ op: 'update', changed: ['html'] });
    }));

  it('leaves everything as it is when the fault is ours, and begins again there', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      await filled(store, 1);
      const crash = partsOf(store, { clean: failing('internal_error') });
      await expect(resanitiseStoredHtml(crash.parts)).rejects.toThrow('cannot sanitise item 1: it failed');
      expect(await htmlOf(store, 0)).toBe('<p><b>Text</b> 0</p>');
      expect(await resanitiseStoredHtml(partsOf(store).parts)).toBe(1);
    }));
});
