import { describe, expect, it } from 'vitest';
import { everything } from '../../src/domain/filter.ts';
import { readItemByKey, readItems } from '../../src/store/reads.ts';
import { engines, withStore } from './engines.ts';
import { draft, hour, minute, Newsroom, noon, source } from './newsroom.ts';

describe.each(engines)('items on $name', (engine) => {
  it('adds a new item with one event that carries it', () =>
    withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([source('a')]);
      await room.open('a');
      const result = await room.read('a', [draft('one')]);
      expect(result).toMatchObject({ kind: 'stored', added: 1, updated: 0, events: 1, head: 1 });
      const [event] = await room.events();
      expect(event).toMatchObject({ seq: 1, op: 'add', backfill: false, was: null });
      expect(JSON.parse(event?.body ?? '')).toMatchObject({ title: 'Title of one', source: { id: 'a', title: 'A' } });
      const page = await readItems(store.reader, { filter: everything, limit: 10, before: null });
      expect(page.items.map((item) => item.key)).toEqual(['http://example.net/one']);
    }));

  it('leaves item and log alone when two sources tell one story in different words', () =>
    withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([source('a'), source('b')]);
      await room.open('a', 'b');
      for (let poll = 0; poll < 10; poll += 1) {
        await room.read('a', [draft('one')], noon + poll * minute);
        await room.read('b', [draft('one', { title: 'Other words' })], noon + poll * minute);
      }
      const item = await readItemByKey(store.reader, 'http://example.net/one');
      expect(item).toMatchObject({ revision: 1, title: 'Title of one', alsoIn: [{ id: 'b', title: 'B' }] });
      expect((await room.events()).map(({ op, changed }) => [op, changed])).toEqual([
        ['add', []],
        ['update', ['alsoIn']],
      ]);
    }));

  it('raises the revision with one update that names what changed', () =>
    withStore(engine, async (store) => {
      const room = new Newsroom(store);
      await room.declare([source('a')]);
      await room.open('a');
      await room.read('a', [draft('one')]);
      await room.read('a', [draft('one', { title: 'Corrected' })], noon + hour);
      expect(await readItemByKey(store.reader, 'http://example.net/one')).toMatchObject({
        revision: 2,
        title: 'Corrected',
      });
      expect((await room.events()).at(-1)).toMatchObject({ op: 'update', changed: ['title'] });
    }));
});
