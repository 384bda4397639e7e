import { describe, expect, it } from 'vitest';
import type { Digest, ItemDraft } from '../../src/domain/item.ts';
import { blankMemory } from '../../src/domain/poll.ts';
import { readItemByKey } from '../../src/store/reads.ts';
import { readSourceReports } from '../../src/store/source-reports.ts';
import { readPollState } from '../../src/store/sources.ts';
import { engines, withStore } from './engines.ts';
import { digest, draft, Newsroom, noon, settlement, source } from './newsroom.ts';

function drafts(...names: string[]): ItemDraft[] {
  return names.map((name) => draft(name));
}

/** Reads a complete document as the intake does: what it lacks is remembered until the next. */
async function readWhole(room: Newsroom, entries: readonly ItemDraft[], over: Partial<Digest> = {}, id = 'a') {
  let missing: readonly number[] = [];
  const result = await room.read(id, digest(entries, { complete: true, ...over }), noon, {
    settle: (tally) => {
      missing = tally.missing;
      return settlement({ nextCheckMs: noon, memory: { ...blankMemory, missing } });
    },
  });
  return { ...result, missing };
}

describe.each(engines)('a document that says it is complete on $name', (engine) => {
  async function withThree(work: (room: Newsroom) => Promise<void>): Promise<void> {
    await withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([source('a'), source('b')]);
      await readWhole(room, drafts('one', 'two', 'three'));
      await work(room);
    });
  }

  const idOf = async (room: Newsroom, name: string) =>
    (await readItemByKey(room.store.reader, `http://example.net/${name}`))?.id;
  const standing = async (room: Newsroom) => (await readSourceReports(room.store.reader))[0]?.items;

  it('takes away what it lacks at the second reading in a row, with an event for each', () =>
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

  it('takes nothing away when it is whole again at the second reading', () =>
    withThree(async (room) => {
      expect((await readWhole(room, drafts('one'))).missing).toHaveLength(2);
      expect(await readWhole(room, drafts('one', 'two', 'three'))).toMatchObject({ missing: [], events: 0 });
      expect((await readWhole(room, drafts('one'))).missing).toHaveLength(2);
      expect(await standing(room)).toBe(3);
    }));

  it('takes away only what was missing both times, and goes on from there', () =>
    withThree(async (room) => {
      await readWhole(room, drafts('one', 'two'));
      const second = await readWhole(room, drafts('one', 'four'));
      expect(second).toMatchObject({ missing: [await idOf(room, 'two')], added: 1, events: 2 });
      expect(await readWhole(room, drafts('one', 'four'))).toMatchObject({ missing: [], events: 1 });
      expect(await standing(room)).toBe(2);
    }));

  it('leaves alone what another source shows, or owns', () =>
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

  it('is the only kind of document that means anything by what it lacks', () =>
    withThree(async (room) => {
      for (let n = 0; n < 3; n += 1) {
        expect(await readWhole(room, drafts('one'), { complete: false })).toMatchObject({ missing: [], events: 0 });
      }
    }));

  it('is remembered in measure, and empties a source some hundred items at a time', () =>
    withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([source('a')]);
      await readWhole(room, drafts(...Array.from({ length: 450 }, (_, n) => `n${n}`)));
      const removed: number[] = [];
      for (let n = 0; n < 5; n += 1) {
        const read = await readWhole(room, []);
        removed.push(read.kind === 'stored' ? read.events : -1);
        expect((await readPollState(store.reader, 'a'))?.memory.missing.length).toBeLessThanOrEqual(200);
      }
      expect(removed).toEqual([0, 200, 200, 50, 0]);
    }));
});
