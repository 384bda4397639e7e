import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/events/filter.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readEvents, readHead, trimEvents } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { readItems } from '../../src/store/queries/read-items.ts';
import { requestRefresh } from '../../src/store/sources/source-state.ts';
import { anItemDraft, day, noon } from '../support/builders.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** The store of a poller, and the store of a command on the same database. */
function withBoth<T>(
  engine: (typeof engines)[number],
  work: (poller: Store, command: Store) => Promise<T>,
): Promise<T> {
  return withStore(engine, async (poller, url) => {
    const command = await openStore({ url, poller: false });
    try {
      return await work(poller, command);
    } finally {
      await command.close();
    }
  });
}

function many(count: number, prefix: string) {
  return Array.from({ length: count }, (_, index) => anItemDraft(`${prefix}-${index}`));
}

describe.each(engines)('two stores on one database on $name', (engine) => {
  it('number their events in one sequence', () =>
    withBoth(engine, async (poller, command) => {
      const fixture = await createStoreFixture(poller, 'a');
      await fixture.read('a', many(40, 'first'));
      const withdrawing = async () => {
        for (let id = 1; id <= 40; id += 1) await withdrawItem(command, id, noon);
      };
      await Promise.all([fixture.read('a', many(200, 'second')), withdrawing()]);
      const events = await readEvents(poller.reader, 0, 1000);
      expect(events.map(({ seq }) => seq)).toEqual(Array.from({ length: 280 }, (_, index) => index + 1));
      expect(events.filter(({ op }) => op === 'remove')).toHaveLength(40);
      expect(await readHead(command.reader)).toEqual(await readHead(poller.reader));
    }));

  it('see what the other has committed, and nothing earlier', () =>
    withBoth(engine, async (poller, command) => {
      await createStoreFixture(poller, 'a');
      const seen: number[] = [];
      await poller.write(async (tx) => {
        await tx.updateTable('event_log').set({ head: 7 }).execute();
        seen.push((await readHead(command.reader)).head);
      });
      seen.push((await readHead(command.reader)).head);
      expect(seen).toEqual([0, 7]);
    }));

  it('let the poller see a refresh that a command requested', () =>
    withBoth(engine, async (poller, command) => {
      const fixture = await createStoreFixture(poller, 'a');
      const lease = await fixture.claim('a');
      expect(await requestRefresh(command, ['a'], noon + 1000)).toBe(1);
      await expect(fixture.read('a', [anItemDraft('one')], noon + 2000, { lease })).resolves.toMatchObject({
        kind: 'stored',
      });
      await expect(fixture.claim('a', noon + day)).resolves.toMatchObject({ sourceId: 'a' });
    }));

  it('keep a snapshot consistent while the other writes and trims', () =>
    withBoth(engine, async (poller, command) => {
      const fixture = await createStoreFixture(poller, 'a');
      await fixture.read('a', many(20, 'first'));
      const { before, after } = await command.read(async (tx) => {
        const look = async () => ({
          head: await readHead(tx),
          items: (await readItems(tx, { filter: everything, limit: 100, before: null })).items.length,
          events: (await readEvents(tx, 0, 100)).length,
        });
        const first = await look();
        await poller.write((own) => own.updateTable('source').set({ title: 'Renamed' }).execute());
        await trimEvents(poller, { nowMs: noon, maxAgeMs: day, maxEvents: 5 });
        return { before: first, after: await look() };
      });
      expect(after).toEqual(before);
      expect(before).toMatchObject({ items: 20, events: 20, head: { head: 20, floor: 1 } });
      expect(await readHead(command.reader)).toMatchObject({ floor: 16 });
    }));
});
