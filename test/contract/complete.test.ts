import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import { createMatcher } from '../../src/push/fanout/event-filter.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { restoreItem, withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItem, readItemByKey, readItems } from '../../src/store/queries/read-items.ts';
import { readWithdrawals } from '../../src/store/queries/snapshot.ts';
import { readSourceReports } from '../../src/store/sources/source-reports.ts';
import { knownHashes, readPollState } from '../../src/store/sources/source-state.ts';
import { aFeed, anItemDraft, aPollResult, day, hour, minute, noon } from '../support/builders.ts';
import { notesOf } from '../support/notes.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

function drafts(...names: string[]): ItemDraft[] {
  return names.map((name) => anItemDraft(name));
}

/** Reads a complete document as a refresh does: the ids of missing items are stored until the next poll. */
async function readWhole(
  fixture: StoreFixture,
  entries: readonly ItemDraft[],
  over: Partial<NormalisedFeed> = {},
  atMs = noon,
) {
  let missing: readonly number[] = [];
  // As the worker does: an unchanged entry is listed by its key only.
  const known = await knownHashes(fixture.store.reader, 'a', 2000);
  const isKnown = (one: ItemDraft) => known[one.entryKey] === one.contentHash;
  const document = aFeed(
    entries.filter((one) => !isKnown(one)),
    { complete: true, unchanged: entries.filter(isKnown).map(({ entryKey }) => entryKey), ...over },
  );
  const result = await fixture.read('a', document, atMs, {
    toPollResult: (counts) => {
      missing = counts.missing;
      return aPollResult({ nextCheckMs: noon, history: { ...emptyPollHistory, missingItemIds: missing } });
    },
  });
  return { ...result, missing };
}

describe.each(engines)('a document that is marked as complete on $name', (engine) => {
  async function withThree(work: (fixture: StoreFixture) => Promise<void>): Promise<void> {
    await withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await readWhole(fixture, drafts('one', 'two', 'three'));
      await work(fixture);
    });
  }

  const idOf = async (fixture: StoreFixture, name: string) =>
    (await readItemByKey(fixture.store.reader, `http://example.net/${name}`))?.id;
  const standing = async (fixture: StoreFixture) => (await readSourceReports(fixture.store.reader))[0]?.items;

  it('removes the items missing from two polls in a row, with one event each', () =>
    withThree(async (fixture) => {
      const ids = [await idOf(fixture, 'two'), await idOf(fixture, 'three')];
      expect(await readWhole(fixture, drafts('one'))).toMatchObject({ missing: ids, events: 0 });
      expect(await standing(fixture)).toBe(3);
      expect(await readWhole(fixture, [], { unchanged: ['guid-one'] })).toMatchObject({ missing: [], events: 2 });
      expect(await standing(fixture)).toBe(1);
      const last = (await fixture.events()).slice(-2);
      expect(last.map(({ op, itemId }) => [op, itemId])).toEqual(ids.map((itemId) => ['remove', itemId]));
      expect(await readWhole(fixture, drafts('one'))).toMatchObject({ missing: [], events: 0 });
    }));

  it('removes nothing when the missing items return at the second poll', () =>
    withThree(async (fixture) => {
      expect((await readWhole(fixture, drafts('one'))).missing).toHaveLength(2);
      expect(await readWhole(fixture, drafts('one', 'two', 'three'))).toMatchObject({ missing: [], events: 0 });
      expect((await readWhole(fixture, drafts('one'))).missing).toHaveLength(2);
      expect(await standing(fixture)).toBe(3);
    }));

  it('removes only items that both polls missed, and continues from there', () =>
    withThree(async (fixture) => {
      await readWhole(fixture, drafts('one', 'two'));
      const second = await readWhole(fixture, drafts('one', 'four'));
      expect(second).toMatchObject({ missing: [await idOf(fixture, 'two')], added: 1, events: 2 });
      expect(await readWhole(fixture, drafts('one', 'four'))).toMatchObject({ missing: [], events: 1 });
      expect(await standing(fixture)).toBe(2);
    }));

  it('does not remove an item that another source lists or owns', () =>
    withThree(async (fixture) => {
      await fixture.read('b', drafts('two', 'other'));
      await fixture.read('a', drafts('other'));
      const first = await readWhole(fixture, drafts('one'));
      expect(first.missing).toEqual([await idOf(fixture, 'three')]);
      expect(await readWhole(fixture, drafts('one'))).toMatchObject({ events: 1 });
    }));

  it.each([
    'partial_parse',
    'filtered:3',
    'item_flood:900',
  ])('removes nothing when not all of it was read: %s', (note) =>
    withThree(async (fixture) => {
      const cut = { notes: notesOf(note) };
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(fixture, drafts('one'), cut)).toMatchObject({ missing: [], events: 0 });
      }
    }));

  it('is the only kind of document whose missing entries remove items', () =>
    withThree(async (fixture) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(fixture, drafts('one'), { complete: false })).toMatchObject({ missing: [], events: 0 });
      }
    }));

  it('stores a limited list of missing items, and removes them in limited numbers', () =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await readWhole(fixture, drafts(...Array.from({ length: 450 }, (_, n) => `n${n}`)));
      const removed: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        const read = await readWhole(fixture, []);
        removed.push(read.kind === 'stored' ? read.events : -1);
        expect((await readPollState(store.reader, 'a'))?.history.missingItemIds.length).toBeLessThanOrEqual(200);
      }
      expect(removed).toEqual([0, 200, 200, 50, 0]);
    }));
});

describe.each(engines)('an item that a complete feed removed on $name', (engine) => {
  const key = (name: string) => `http://example.net/${name}`;

  /** A fixture in which two polls of source `a` omitted `two`, so that it is withdrawn. */
  const withoutTwo = (work: (fixture: StoreFixture, id: number) => Promise<void>) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a', 'b');
      await fixture.open('a', 'b');
      await readWhole(fixture, drafts('one', 'two'));
      await leaveOut(fixture);
      const item = await readItemByKey(store.reader, key('two'));
      expect(item).toMatchObject({ withdrawnMs: noon, withdrawalReason: 'omitted' });
      await work(fixture, item?.id ?? 0);
    });
  async function leaveOut(fixture: StoreFixture, atMs = noon): Promise<void> {
    await readWhole(fixture, drafts('one'), {}, atMs);
    expect(await readWhole(fixture, drafts('one'), {}, atMs)).toMatchObject({ events: 1 });
  }
  const shown = async ({ store }: StoreFixture, q: string | null = null) =>
    (await readItems(store.reader, { filter: { ...everything, q }, limit: 10, before: null })).items.map(
      ({ title }) => title,
    );
  const counts = async (fixture: StoreFixture) =>
    (await readSourceReports(fixture.store.reader)).map(({ items }) => items);

  it('returns to views, search and counts when it is listed again, with an update of every field in the log', () =>
    withoutTwo(async (fixture, id) => {
      expect(await shown(fixture)).toEqual(['Title of one']);
      expect(await counts(fixture)).toEqual([1, 0]);
      const back = await readWhole(fixture, drafts('one', 'two'), {}, noon + minute);
      expect(back).toMatchObject({ events: 1, added: 0, updated: 1, missing: [] });
      expect(await shown(fixture)).toEqual(['Title of two', 'Title of one']);
      expect(await shown(fixture, 'two')).toEqual(['Title of two']);
      expect(await counts(fixture)).toEqual([2, 0]);
      expect(await readItem(fixture.store.reader, id)).toMatchObject({
        withdrawnMs: null,
        withdrawalReason: null,
        revision: 1,
      });
      expect((await fixture.events()).at(-1)).toMatchObject({ op: 'update', itemId: id });
      const withdrawals = { filter: { ...everything, backfill: true }, sinceMs: 0, limit: 9, items: 0 };
      expect(await readWithdrawals(fixture.store.reader, withdrawals)).toEqual([]);
      expect(await readWhole(fixture, drafts('one', 'two'), {}, noon + 2 * minute)).toMatchObject({ events: 0 });
    }));

  it('is sent as an update to every subscription that received its removal', () =>
    withoutTwo(async (fixture) => {
      await readWhole(fixture, drafts('one', 'two'));
      const [removed, restored] = (await fixture.events()).slice(-2);
      if (removed === undefined || restored === undefined) throw new Error('no events');
      for (const filter of [everything, { ...everything, sources: ['a'] }, { ...everything, q: 'two' }]) {
        const matcher = createMatcher([filter]);
        expect([matcher.decide(removed), matcher.decide(restored)]).toEqual(['remove', 'update']);
      }
      expect(restored.changed).toContain('title');
    }));

  it('returns with its current text as one revision', () =>
    withoutTwo(async (fixture, id) => {
      const edited = anItemDraft('two', { title: 'Two, corrected' });
      expect(await readWhole(fixture, [anItemDraft('one'), edited])).toMatchObject({ events: 1 });
      expect(await readItem(fixture.store.reader, id)).toMatchObject({ title: 'Two, corrected', revision: 2 });
      expect(await shown(fixture, 'corrected')).toEqual(['Two, corrected']);
      expect(await readWhole(fixture, [anItemDraft('one'), edited])).toMatchObject({ events: 0 });
    }));

  it('returns when the feed is no longer marked as complete', () =>
    withoutTwo(async (fixture) => {
      await readWhole(fixture, drafts('two'), { complete: false });
      expect(await shown(fixture)).toContain('Title of two');
    }));

  it('is removed again after two more polls without it', () =>
    withoutTwo(async (fixture) => {
      await readWhole(fixture, drafts('one', 'two'));
      await leaveOut(fixture);
      expect(await shown(fixture)).toEqual(['Title of one']);
      expect(await counts(fixture)).toEqual([1, 0]);
    }));

  it('is removed and restored at most three times an hour', () =>
    withoutTwo(async (fixture) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(fixture, drafts('one', 'two'))).toMatchObject({ events: 1, deferred: 0 });
        await leaveOut(fixture);
      }
      expect(await readWhole(fixture, drafts('one', 'two'))).toMatchObject({ events: 0, deferred: 1 });
      expect(await shown(fixture)).toEqual(['Title of one']);
      expect(await readWhole(fixture, drafts('one', 'two'), {}, noon + 2 * hour)).toMatchObject({ events: 1 });
      expect(await shown(fixture)).toContain('Title of two');
    }));

  it('is not restored by another source, and returns for both when its own source lists it', () =>
    withoutTwo(async (fixture) => {
      await fixture.read('b', drafts('two'));
      expect(await shown(fixture)).toEqual(['Title of one']);
      await readWhole(fixture, drafts('one', 'two'));
      expect(await counts(fixture)).toEqual([2, 1]);
    }));

  it('stays withdrawn after the operator withdraws it too, without a second event', () =>
    withoutTwo(async (fixture, id) => {
      const { length } = await fixture.events();
      expect(await withdrawItem(fixture.store, id, noon)).toBeNull();
      expect(await readWhole(fixture, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(fixture.store.reader, id)).toMatchObject({
        withdrawnMs: noon,
        withdrawalReason: 'operator',
      });
      expect(await fixture.events()).toHaveLength(length);
    }));

  it('stays withdrawn after its publisher sends a tombstone', () =>
    withoutTwo(async (fixture, id) => {
      await readWhole(fixture, drafts('one'), { deleted: [{ ref: 'guid-two', atMs: noon }] });
      expect(await readWhole(fixture, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(fixture.store.reader, id)).toMatchObject({ withdrawalReason: 'deleted' });
    }));

  it('is restored by the operator until two more polls miss it', () =>
    withoutTwo(async (fixture, id) => {
      await restoreItem(fixture.store, id, noon);
      expect(await readItem(fixture.store.reader, id)).toMatchObject({ withdrawnMs: null, withdrawalReason: null });
      await leaveOut(fixture);
      expect(await readItem(fixture.store.reader, id)).toMatchObject({ withdrawalReason: 'omitted' });
    }));

  it('stays removed when it was retired by age in the meantime', () =>
    withoutTwo(async (fixture) => {
      await retireItems(fixture.store, { nowMs: noon + 90 * day, maxAgeMs: day, keepNewest: 0, maxItems: 100 });
      const later = await readWhole(fixture, drafts('two'), {}, noon + 90 * day);
      expect(later).toMatchObject({ events: 0, added: 0 });
    }));

  it.each([
    ['operator', async (fixture: StoreFixture, id: number) => void (await withdrawItem(fixture.store, id, noon))],
    [
      'deleted',
      async (fixture: StoreFixture) =>
        void (await readWhole(fixture, drafts('two'), { deleted: [{ ref: 'guid-one', atMs: noon }] })),
    ],
  ] as const)('is the only kind that returns: an item withdrawn with reason "%s" does not', (why, take) =>
    withStore(engine, async (store) => {
      const fixture = await createStoreFixture(store, 'a');
      await readWhole(fixture, drafts('one', 'two'));
      const id = (await readItemByKey(store.reader, key('one')))?.id ?? 0;
      await take(fixture, id);
      expect(await readItem(store.reader, id)).toMatchObject({ withdrawalReason: why });
      await readWhole(fixture, [anItemDraft('one', { title: 'Edited' }), anItemDraft('two')]);
      await readWhole(fixture, drafts('one', 'two'));
      expect(await shown(fixture)).toEqual(['Title of two']);
    }));

  it('stays withdrawn when it has no stored reason', () =>
    withoutTwo(async (fixture, id) => {
      await fixture.store.write((tx) => tx.updateTable('item').set({ withdrawal_reason: null }).execute());
      expect(await readWhole(fixture, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(fixture.store.reader, id)).toMatchObject({ withdrawnMs: noon });
    }));
});
