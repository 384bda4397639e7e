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
import { day, digest, draft, hour, minute, noon, StoreFixture, settlement, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

function drafts(...names: string[]): ItemDraft[] {
  return names.map((name) => draft(name));
}

/** Reads a complete document as the intake does: what it lacks is remembered until the next. */
async function readWhole(
  room: StoreFixture,
  entries: readonly ItemDraft[],
  over: Partial<NormalisedFeed> = {},
  atMs = noon,
) {
  let missing: readonly number[] = [];
  // As the worker does: what is known with this very text is named only.
  const known = await knownHashes(room.store.reader, 'a', 2000);
  const isKnown = (one: ItemDraft) => known[one.entryKey] === one.contentHash;
  const document = digest(
    entries.filter((one) => !isKnown(one)),
    { complete: true, unchanged: entries.filter(isKnown).map(({ entryKey }) => entryKey), ...over },
  );
  const result = await room.read('a', document, atMs, {
    toPollResult: (tally) => {
      missing = tally.missing;
      return settlement({ nextCheckMs: noon, history: { ...emptyPollHistory, missingItemIds: missing } });
    },
  });
  return { ...result, missing };
}

describe.each(engines)('a document that is marked as complete on $name', (engine) => {
  async function withThree(work: (room: StoreFixture) => Promise<void>): Promise<void> {
    await withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await readWhole(room, drafts('one', 'two', 'three'));
      await work(room);
    });
  }

  const idOf = async (room: StoreFixture, name: string) =>
    (await readItemByKey(room.store.reader, `http://example.net/${name}`))?.id;
  const standing = async (room: StoreFixture) => (await readSourceReports(room.store.reader))[0]?.items;

  it('removes the items missing from two polls in a row, with one event each', () =>
    withThree(async (room) => {
      const ids = [await idOf(room, 'two'), await idOf(room, 'three')];
      expect(await readWhole(room, drafts('one'))).toMatchObject({ missing: ids, events: 0 });
      expect(await standing(room)).toBe(3);
      expect(await readWhole(room, [], { unchanged: ['guid-one'] })).toMatchObject({ missing: [], events: 2 });
      expect(await standing(room)).toBe(1);
      const last = (await room.events()).slice(-2);
      expect(last.map(({ op, itemId }) => [op, itemId])).toEqual(ids.map((itemId) => ['remove', itemId]));
      expect(await readWhole(room, drafts('one'))).toMatchObject({ missing: [], events: 0 });
    }));

  it('removes nothing when the missing items return at the second poll', () =>
    withThree(async (room) => {
      expect((await readWhole(room, drafts('one'))).missing).toHaveLength(2);
      expect(await readWhole(room, drafts('one', 'two', 'three'))).toMatchObject({ missing: [], events: 0 });
      expect((await readWhole(room, drafts('one'))).missing).toHaveLength(2);
      expect(await standing(room)).toBe(3);
    }));

  it('removes only items that both polls missed, and continues from there', () =>
    withThree(async (room) => {
      await readWhole(room, drafts('one', 'two'));
      const second = await readWhole(room, drafts('one', 'four'));
      expect(second).toMatchObject({ missing: [await idOf(room, 'two')], added: 1, events: 2 });
      expect(await readWhole(room, drafts('one', 'four'))).toMatchObject({ missing: [], events: 1 });
      expect(await standing(room)).toBe(2);
    }));

  it('does not remove an item that another source lists or owns', () =>
    withThree(async (room) => {
      await room.read('b', drafts('two', 'other'));
      await room.read('a', drafts('other'));
      const first = await readWhole(room, drafts('one'));
      expect(first.missing).toEqual([await idOf(room, 'three')]);
      expect(await readWhole(room, drafts('one'))).toMatchObject({ events: 1 });
    }));

  it.each([
    'partial_parse',
    'filtered:3',
    'item_flood:900',
  ])('means nothing when we have not taken all of it: %s', (note) =>
    withThree(async (room) => {
      const cut = { notes: [note] };
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(room, drafts('one'), cut)).toMatchObject({ missing: [], events: 0 });
      }
    }));

  it('is the only kind of document whose missing entries remove items', () =>
    withThree(async (room) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(room, drafts('one'), { complete: false })).toMatchObject({ missing: [], events: 0 });
      }
    }));

  it('stores a limited list of missing items, and removes them in limited numbers', () =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await readWhole(room, drafts(...Array.from({ length: 450 }, (_, n) => `n${n}`)));
      const removed: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        const read = await readWhole(room, []);
        removed.push(read.kind === 'stored' ? read.events : -1);
        expect((await readPollState(store.reader, 'a'))?.history.missingItemIds.length).toBeLessThanOrEqual(200);
      }
      expect(removed).toEqual([0, 200, 200, 50, 0]);
    }));
});

describe.each(engines)('an item that a complete feed removed on $name', (engine) => {
  const key = (name: string) => `http://example.net/${name}`;

  /** A room whose source `a` has left `two` out for so long that it is withdrawn. */
  const withoutTwo = (work: (room: StoreFixture, id: number) => Promise<void>) =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a'), source('b')]);
      await room.open('a', 'b');
      await readWhole(room, drafts('one', 'two'));
      await leaveOut(room);
      const item = await readItemByKey(store.reader, key('two'));
      expect(item).toMatchObject({ withdrawnMs: noon, withdrawalReason: 'omitted' });
      await work(room, item?.id ?? 0);
    });
  async function leaveOut(room: StoreFixture, atMs = noon): Promise<void> {
    await readWhole(room, drafts('one'), {}, atMs);
    expect(await readWhole(room, drafts('one'), {}, atMs)).toMatchObject({ events: 1 });
  }
  const shown = async ({ store }: StoreFixture, q: string | null = null) =>
    (await readItems(store.reader, { filter: { ...everything, q }, limit: 10, before: null })).items.map(
      ({ title }) => title,
    );
  const counts = async (room: StoreFixture) => (await readSourceReports(room.store.reader)).map(({ items }) => items);

  it('returns to views, search and counts when it is listed again, with an update of every field in the log', () =>
    withoutTwo(async (room, id) => {
      expect(await shown(room)).toEqual(['Title of one']);
      expect(await counts(room)).toEqual([1, 0]);
      const back = await readWhole(room, drafts('one', 'two'), {}, noon + minute);
      expect(back).toMatchObject({ events: 1, added: 0, updated: 1, missing: [] });
      expect(await shown(room)).toEqual(['Title of two', 'Title of one']);
      expect(await shown(room, 'two')).toEqual(['Title of two']);
      expect(await counts(room)).toEqual([2, 0]);
      expect(await readItem(room.store.reader, id)).toMatchObject({
        withdrawnMs: null,
        withdrawalReason: null,
        revision: 1,
      });
      expect((await room.events()).at(-1)).toMatchObject({ op: 'update', itemId: id });
      const withdrawals = { filter: { ...everything, backfill: true }, sinceMs: 0, limit: 9, items: 0 };
      expect(await readWithdrawals(room.store.reader, withdrawals)).toEqual([]);
      expect(await readWhole(room, drafts('one', 'two'), {}, noon + 2 * minute)).toMatchObject({ events: 0 });
    }));

  it('is sent as an update to every subscription that received its removal', () =>
    withoutTwo(async (room) => {
      await readWhole(room, drafts('one', 'two'));
      const [removed, restored] = (await room.events()).slice(-2);
      if (removed === undefined || restored === undefined) throw new Error('no events');
      for (const filter of [everything, { ...everything, sources: ['a'] }, { ...everything, q: 'two' }]) {
        const matcher = createMatcher([filter]);
        expect([matcher.decide(removed), matcher.decide(restored)]).toEqual(['remove', 'update']);
      }
      expect(restored.changed).toContain('title');
    }));

  it('returns with its current text as one revision', () =>
    withoutTwo(async (room, id) => {
      const edited = draft('two', { title: 'Two, corrected' });
      expect(await readWhole(room, [draft('one'), edited])).toMatchObject({ events: 1 });
      expect(await readItem(room.store.reader, id)).toMatchObject({ title: 'Two, corrected', revision: 2 });
      expect(await shown(room, 'corrected')).toEqual(['Two, corrected']);
      expect(await readWhole(room, [draft('one'), edited])).toMatchObject({ events: 0 });
    }));

  it('returns when the feed is no longer marked as complete', () =>
    withoutTwo(async (room) => {
      await readWhole(room, drafts('two'), { complete: false });
      expect(await shown(room)).toContain('Title of two');
    }));

  it('is removed again after two more polls without it', () =>
    withoutTwo(async (room) => {
      await readWhole(room, drafts('one', 'two'));
      await leaveOut(room);
      expect(await shown(room)).toEqual(['Title of one']);
      expect(await counts(room)).toEqual([1, 0]);
    }));

  it('is removed and restored at most three times an hour', () =>
    withoutTwo(async (room) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(room, drafts('one', 'two'))).toMatchObject({ events: 1, deferred: 0 });
        await leaveOut(room);
      }
      expect(await readWhole(room, drafts('one', 'two'))).toMatchObject({ events: 0, deferred: 1 });
      expect(await shown(room)).toEqual(['Title of one']);
      expect(await readWhole(room, drafts('one', 'two'), {}, noon + 2 * hour)).toMatchObject({ events: 1 });
      expect(await shown(room)).toContain('Title of two');
    }));

  it('is not restored by another source, and returns for both when its own source lists it', () =>
    withoutTwo(async (room) => {
      await room.read('b', drafts('two'));
      expect(await shown(room)).toEqual(['Title of one']);
      await readWhole(room, drafts('one', 'two'));
      expect(await counts(room)).toEqual([2, 1]);
    }));

  it('stays withdrawn after the operator withdraws it too, without a second event', () =>
    withoutTwo(async (room, id) => {
      const { length } = await room.events();
      expect(await withdrawItem(room.store, id, noon)).toBeNull();
      expect(await readWhole(room, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(room.store.reader, id)).toMatchObject({ withdrawnMs: noon, withdrawalReason: 'operator' });
      expect(await room.events()).toHaveLength(length);
    }));

  it('stays withdrawn after its publisher sends a tombstone', () =>
    withoutTwo(async (room, id) => {
      await readWhole(room, drafts('one'), { deleted: [{ ref: 'guid-two', atMs: noon }] });
      expect(await readWhole(room, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(room.store.reader, id)).toMatchObject({ withdrawalReason: 'deleted' });
    }));

  it('is restored by the operator until two more polls miss it', () =>
    withoutTwo(async (room, id) => {
      await restoreItem(room.store, id, noon);
      expect(await readItem(room.store.reader, id)).toMatchObject({ withdrawnMs: null, withdrawalReason: null });
      await leaveOut(room);
      expect(await readItem(room.store.reader, id)).toMatchObject({ withdrawalReason: 'omitted' });
    }));

  it('stays removed when it was retired by age in the meantime', () =>
    withoutTwo(async (room) => {
      await retireItems(room.store, { nowMs: noon + 90 * day, maxAgeMs: day, keepNewest: 0, maxItems: 100 });
      const later = await readWhole(room, drafts('two'), {}, noon + 90 * day);
      expect(later).toMatchObject({ events: 0, added: 0 });
    }));

  it.each([
    ['operator', async (room: StoreFixture, id: number) => void (await withdrawItem(room.store, id, noon))],
    [
      'deleted',
      async (room: StoreFixture) =>
        void (await readWhole(room, drafts('two'), { deleted: [{ ref: 'guid-one', atMs: noon }] })),
    ],
  ] as const)('is the only kind that comes back: not one withdrawn as %s', (why, take) =>
    withStore(engine, async (store) => {
      const room = new StoreFixture(store);
      await room.declare([source('a')]);
      await readWhole(room, drafts('one', 'two'));
      const id = (await readItemByKey(store.reader, key('one')))?.id ?? 0;
      await take(room, id);
      expect(await readItem(store.reader, id)).toMatchObject({ withdrawalReason: why });
      await readWhole(room, [draft('one', { title: 'Edited' }), draft('two')]);
      await readWhole(room, drafts('one', 'two'));
      expect(await shown(room)).toEqual(['Title of two']);
    }));

  it('stays withdrawn when it has no stored reason', () =>
    withoutTwo(async (room, id) => {
      await room.store.write((tx) => tx.updateTable('item').set({ withdrawal_reason: null }).execute());
      expect(await readWhole(room, drafts('one', 'two'))).toMatchObject({ events: 0 });
      expect(await readItem(room.store.reader, id)).toMatchObject({ withdrawnMs: noon });
    }));
});
