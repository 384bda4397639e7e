import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { appendEvents, readEvents, readHead, readLogChangedMs, trimEvents } from '../../src/store/log/event-log.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import { anItemDraft, day, hour, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** Stores `count` events, one a minute from noon on. */
async function logOf(store: Store, count: number): Promise<void> {
  const fixture = await createStoreFixture(store, 'a');
  await fixture.read('a', [anItemDraft('one')]);
  const item = await readItemByKey(store.reader, 'http://example.net/one');
  if (item === null) throw new Error('the item is missing');
  for (let minute = 1; minute < count; minute += 1) {
    const change = { op: 'update', item, before: item, changed: ['title'] } as const;
    await store.write((tx) => appendEvents(tx, [change], noon + minute * 60_000));
  }
}

async function seqsOf(store: Store): Promise<number[]> {
  return (await readEvents(store.reader, 0, 10_000)).map(({ seq }) => seq);
}

describe.each(engines)('the log on $name', (engine) => {
  it('numbers the events of concurrent writers without a gap', () =>
    withStore(engine, async (store) => {
      const ids = ['a', 'b', 'c', 'd'];
      const fixture = await createStoreFixture(store, ...ids);
      const documents = ids.map((id) => Array.from({ length: 60 }, (_, index) => anItemDraft(`${id}-${index}`)));
      await Promise.all(ids.map((id, index) => fixture.read(id, documents[index] ?? [])));
      expect(await seqsOf(store)).toEqual(Array.from({ length: 240 }, (_, index) => index + 1));
      expect(await readHead(store.reader)).toMatchObject({ head: 240, floor: 1 });
    }));

  it('reuses a number whose transaction was rolled back', () =>
    withStore(engine, async (store) => {
      await logOf(store, 1);
      const item = await readItemByKey(store.reader, 'http://example.net/one');
      if (item === null) throw new Error('the item is missing');
      const failing = store.write(async (tx) => {
        await appendEvents(tx, [{ op: 'update', item, before: item, changed: [] }], noon);
        throw new Error('planted');
      });
      await expect(failing).rejects.toThrow('planted');
      expect(await readHead(store.reader)).toMatchObject({ head: 1 });
      await store.write((tx) => appendEvents(tx, [{ op: 'update', item, before: item, changed: [] }], noon));
      expect(await seqsOf(store)).toEqual([1, 2]);
    }));

  it('keeps its head when no change is appended', () =>
    withStore(engine, async (store) => {
      expect(await store.write((tx) => appendEvents(tx, [], noon))).toBeNull();
      expect(await readHead(store.reader)).toMatchObject({ head: 0, floor: 1 });
      expect(await readLogChangedMs(store.reader)).toBeNull();
    }));

  it('reports when it last grew, even after it was trimmed', () =>
    withStore(engine, async (store) => {
      await logOf(store, 3);
      await trimEvents(store, { nowMs: noon + 30 * day, maxAgeMs: day, maxEvents: 100 });
      expect(await readLogChangedMs(store.reader)).toBe(noon + 2 * 60_000);
    }));

  it('is read in pages after a position', () =>
    withStore(engine, async (store) => {
      await logOf(store, 5);
      const page = await readEvents(store.reader, 2, 2);
      expect(page.map(({ seq, op, atMs }) => [seq, op, atMs])).toEqual([
        [3, 'update', noon + 2 * 60_000],
        [4, 'update', noon + 3 * 60_000],
      ]);
      expect(await readEvents(store.reader, 5, 2)).toEqual([]);
    }));
});

describe.each(engines)('trimming the log on $name', (engine) => {
  it('deletes events that are too old and raises the floor', () =>
    withStore(engine, async (store) => {
      await logOf(store, 10);
      const options = { nowMs: noon + hour, maxAgeMs: hour - 4 * 60_000, maxEvents: 1000 };
      expect(await trimEvents(store, options)).toBe(4);
      expect(await seqsOf(store)).toEqual([5, 6, 7, 8, 9, 10]);
      expect(await readHead(store.reader)).toMatchObject({ head: 10, floor: 5 });
    }));

  it('deletes the oldest events beyond the maximum number', () =>
    withStore(engine, async (store) => {
      await logOf(store, 10);
      expect(await trimEvents(store, { nowMs: noon, maxAgeMs: day, maxEvents: 3 })).toBe(7);
      expect(await readHead(store.reader)).toMatchObject({ head: 10, floor: 8 });
    }));

  it('deletes nothing from a log that is young and short', () =>
    withStore(engine, async (store) => {
      await logOf(store, 3);
      expect(await trimEvents(store, { nowMs: noon, maxAgeMs: day, maxEvents: 3 })).toBe(0);
      expect(await readHead(store.reader)).toMatchObject({ head: 3, floor: 1 });
    }));

  it('sets the floor above the head when the log becomes empty, and numbering continues', () =>
    withStore(engine, async (store) => {
      await logOf(store, 3);
      await trimEvents(store, { nowMs: noon + 30 * day, maxAgeMs: day, maxEvents: 1000 });
      expect(await readHead(store.reader)).toMatchObject({ head: 3, floor: 4 });
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('two')]);
      expect(await seqsOf(store)).toEqual([4]);
      expect(await readHead(store.reader)).toMatchObject({ head: 4, floor: 4 });
    }));

  it('continues after the first batch', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read(
        'a',
        Array.from({ length: 1300 }, (_, index) => anItemDraft(`n${index}`)),
      );
      expect(await trimEvents(store, { nowMs: noon, maxAgeMs: day, maxEvents: 100 })).toBe(1200);
      expect(await readHead(store.reader)).toMatchObject({ head: 1300, floor: 1201 });
    }));

  it('never shows a reader a floor below which events are missing', () =>
    withStore(engine, async (store) => {
      await logOf(store, 40);
      let wrong = 0;
      let looks = 0;
      const look = async () => {
        const { floor, first } = await store.read(async (tx) => {
          const [event] = await readEvents(tx, 0, 1);
          return { floor: (await readHead(tx)).floor, first: event?.seq };
        });
        looks += 1;
        if (floor !== first) wrong += 1;
      };
      for (let keep = 39; keep > 0; keep -= 1) {
        await Promise.all([trimEvents(store, { nowMs: noon, maxAgeMs: day, maxEvents: keep }), look()]);
      }
      expect({ wrong, looks }).toEqual({ wrong: 0, looks: 39 });
    }));

  it('keeps the facets from before an update after the earlier event was deleted', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await fixture.read('a', [anItemDraft('one')]);
      await trimEvents(store, { nowMs: noon + 30 * day, maxAgeMs: day, maxEvents: 1000 });
      await fixture.read('a', [anItemDraft('one', { title: 'Corrected' })], noon + 30 * day);
      const [update] = await fixture.events();
      expect(update?.previousFacets?.text).toContain('Title of one');
      expect(update?.facets.text).toContain('Corrected');
    }));
});
