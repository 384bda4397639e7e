import { describe, expect, it } from 'vitest';
import type { Unreadable } from '../../src/domain/items/item.ts';
import { type ResanitiseOptions, resanitiseStoredHtml } from '../../src/server/resanitise.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { writeSetting } from '../../src/store/stored-settings.ts';
import { engines, withStore } from '../contract/test-engines.ts';
import { anItemDraft, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';

type Clean = ResanitiseOptions['processor']['sanitise'];

/** New rules, which replace <b> by <strong>. */
const strong: Clean = async (html) => ({ kind: 'cleaned', html: html.replaceAll(/<(\/?)b>/g, '<$1strong>') });

function failing(failure: Unreadable['failure']): Clean {
  return async () => ({ kind: 'unreadable', failure, detail: 'it failed' });
}

async function filled(store: Store, count: number): Promise<StoreFixture> {
  const fixture = await createStoreFixture(store, 'a');
  const drafts = Array.from({ length: count }, (_, n) =>
    anItemDraft(`n${n}`, { contentHtml: `<p><b>Text</b> ${n}</p>` }),
  );
  await fixture.read('a', drafts);
  return fixture;
}

function partsOf(store: Store, over: Partial<ResanitiseOptions> & { clean?: Clean } = {}) {
  const notifiedHeads: number[] = [];
  const sanitised: string[] = [];
  const clean = over.clean ?? strong;
  const parts: ResanitiseOptions = {
    store,
    processor: {
      sanitise: (html) => {
        sanitised.push(html);
        return clean(html);
      },
    },
    clock: { now: () => noon, monotonic: () => 0 },
    signal: new AbortController().signal,
    version: 2,
    notify: (head) => void notifiedHeads.push(head),
    ...over,
  };
  return { parts, notifiedHeads, sanitised };
}

async function htmlOf(store: Store, n: number): Promise<string | undefined> {
  return (await readItemByKey(store.reader, `http://example.net/n${n}`))?.contentHtml;
}

describe.each(engines)('resanitising stored HTML on $name', (engine) => {
  it('does nothing in a new database and while the rules are unchanged', () =>
    withStore(engine, async (store) => {
      const first = partsOf(store);
      expect(await resanitiseStoredHtml(first.parts)).toBe(0);
      await filled(store, 3);
      expect(await resanitiseStoredHtml(first.parts)).toBe(0);
      expect(first.sanitised).toEqual([]);
    }));

  it('sanitises every item once when the rules have changed', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      const fixture = await filled(store, 120);
      const { parts, notifiedHeads, sanitised } = partsOf(store);
      expect(await resanitiseStoredHtml(parts)).toBe(120);
      expect(sanitised).toHaveLength(120);
      expect(await htmlOf(store, 0)).toBe('<p><strong>Text</strong> 0</p>');
      expect(await htmlOf(store, 119)).toBe('<p><strong>Text</strong> 119</p>');
      // A change of markup only is no event.
      expect(notifiedHeads).toEqual([]);
      expect(await fixture.events()).toHaveLength(120);
      expect(await resanitiseStoredHtml(parts)).toBe(0);
    }));

  it('continues where it was interrupted, and restarts when the rules change again', () =>
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

  it('removes HTML that cannot be sanitised within the limits, with an update event', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      const fixture = await filled(store, 1);
      const { parts, notifiedHeads } = partsOf(store, { clean: failing('parse_limit') });
      await resanitiseStoredHtml(parts);
      expect(await htmlOf(store, 0)).toBe('');
      expect(notifiedHeads).toEqual([2]);
      expect((await fixture.events()).at(-1)).toMatchObject({ op: 'update', changed: ['html'] });
    }));

  it('changes nothing after an internal error, and retries the same item', () =>
    withStore(engine, async (store) => {
      await resanitiseStoredHtml(partsOf(store, { version: 1 }).parts);
      await filled(store, 1);
      const crash = partsOf(store, { clean: failing('internal_error') });
      await expect(resanitiseStoredHtml(crash.parts)).rejects.toThrow('cannot sanitise item 1: it failed');
      expect(await htmlOf(store, 0)).toBe('<p><b>Text</b> 0</p>');
      expect(await resanitiseStoredHtml(partsOf(store).parts)).toBe(1);
    }));
});
