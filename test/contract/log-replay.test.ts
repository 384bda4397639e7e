import fc from 'fast-check';
import { sql } from 'kysely';
import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import { toWireBody } from '../../src/domain/events/wire-item.ts';
import type { ItemDraft } from '../../src/domain/items/item.ts';
import { emptyPollHistory } from '../../src/domain/polling/poll.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { restoreItem, withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { aFeed, anItemDraft, aPollResult, aSource, hour, minute, noon } from '../support/builders.ts';
import { createStoreFixture, type StoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

const sources = [
  aSource('a'),
  aSource('b', { section: 'Science' }),
  aSource('press', { url: 'https://example.net/feed' }),
];

/** An entry with one of several texts, one of two guids, with or without a link. */
const entry = fc
  .record({
    name: fc.constantFrom('one', 'two', 'three', 'four'),
    wording: fc.nat(3),
    guid: fc.constantFrom('x', 'x', 'x', 'y'),
    named: fc.constantFrom(true, true, true, false),
  })
  .map(({ name, wording, guid, named }): ItemDraft => {
    const over = { title: `${name}, wording ${wording}`, entryKey: `${guid}-${name}`, guid: `${guid}-${name}` };
    return anItemDraft(name, named ? over : { ...over, canonicalUrl: null });
  });

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      read: fc.constantFrom('a', 'b', 'press'),
      entries: fc.array(entry, { maxLength: 5 }),
      complete: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ withdraw: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ restore: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 1, arbitrary: fc.record({ wait: fc.constantFrom(minute, hour) }) },
);

/** The state of a client that applied every event of the log: wire items by id. */
async function replayed(fixture: StoreFixture): Promise<Map<number, unknown>> {
  const items = new Map<number, unknown>();
  for (const { op, itemId, body } of await fixture.events()) {
    if (op === 'remove') items.delete(itemId);
    else items.set(itemId, JSON.parse(body));
  }
  return items;
}

/** One document of a feed that may be complete (RFC 5005): entries that it lacks are withdrawn after the next one. */
async function read(
  fixture: StoreFixture,
  {
    read: id,
    entries,
    complete,
  }: { readonly read: string; readonly entries: readonly ItemDraft[]; readonly complete: boolean },
  nowMs: number,
): Promise<void> {
  await fixture.read(id, aFeed(entries, { complete }), nowMs, {
    toPollResult: ({ missing }) =>
      aPollResult({ nextCheckMs: nowMs, history: { ...emptyPollHistory, missingItemIds: missing } }),
  });
}

async function shown(store: Store): Promise<Map<number, unknown>> {
  const page = await readItems(store.reader, { filter: everything, limit: 1000, before: null });
  return new Map(page.items.map((item) => [item.id, JSON.parse(JSON.stringify(toWireBody(item)))]));
}

async function rowsOf(store: Store, query: string): Promise<unknown[]> {
  return (await sql.raw(query).execute(store.reader)).rows;
}

/** The invariants after any sequence of polls, edits, withdrawals and restorations. */
async function expectSound(store: Store, fixture: StoreFixture): Promise<void> {
  const events = await fixture.events();
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ op, changed }) => op === 'update' && changed.length === 0)).toEqual([]);
  const inOrder = (map: Map<number, unknown>) => [...map].sort(([a], [b]) => a - b);
  expect(inOrder(await replayed(fixture))).toEqual(inOrder(await shown(store)));
  expect(
    await rowsOf(store, 'select item_id from appearance group by item_id, source_ref having count(*) > 1'),
  ).toEqual([]);
  const counted = `select id from source where items <> (select count(*) from appearance join item on item.id = item_id
    where source_ref = source.ref and withdrawn_ms is null)`;
  expect(await rowsOf(store, counted)).toEqual([]);
}

describe.each(engines)('the log on $name', (engine) => {
  it(
    'lets a client that applies it end with exactly the items of the listings, after any sequence of changes',
    { timeout: 60_000 },
    () =>
      fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), (steps) =>
          withStore(engine, async (store) => {
            const fixture = await createStoreFixture(store, ...sources);
            let nowMs = noon;
            for (const one of steps) {
              if ('read' in one) await read(fixture, one, nowMs);
              else if ('withdraw' in one) await withdrawItem(store, one.withdraw, nowMs);
              else if ('restore' in one) await restoreItem(store, one.restore, nowMs);
              else nowMs += one.wait;
            }
            await expectSound(store, fixture);
          }),
        ),
        { numRuns: 15 },
      ),
  );
});
