import { describe, expect, it } from 'vitest';
import type { CommentAction } from '../../src/domain/comments/comment.ts';
import type { Store } from '../../src/store/engine/store.ts';
import { retireItems } from '../../src/store/items/retention.ts';
import { withdrawItem } from '../../src/store/items/withdraw-items.ts';
import { readItemByKey } from '../../src/store/queries/read-items.ts';
import {
  addComment,
  countComments,
  type NewComment,
  readComments,
  readShownComments,
} from '../../src/store/readers/comment-repository.ts';
import { moderateComments } from '../../src/store/readers/moderate-comments.ts';
import { readCounts } from '../../src/store/readers/read-counts.ts';
import { readAudit } from '../support/read-audit.ts';
import { day, draft, hour, noon, StoreFixture, source } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** Two items, and comments on the first. */
class Desk {
  readonly store: Store;
  readonly item: number;
  readonly other: number;

  constructor(store: Store, item: number, other: number) {
    this.store = store;
    this.item = item;
    this.other = other;
  }

  static async open(store: Store): Promise<Desk> {
    const room = new StoreFixture(store);
    await room.declare([source('a')]);
    await room.read('a', [draft('one'), draft('two')]);
    const one = await readItemByKey(store.reader, 'http://example.net/one');
    const two = await readItemByKey(store.reader, 'http://example.net/two');
    return new Desk(store, one?.id ?? 0, two?.id ?? 0);
  }

  add(body: string, over: Partial<NewComment> = {}) {
    return addComment(this.store, {
      itemId: this.item,
      name: 'Ann',
      body,
      atMs: noon,
      authorKey: null,
      postKey: `form with ${body} at ${over.itemId ?? this.item}`,
      textHash: body.toLowerCase(),
      mayRecur: false,
      decide: () => ({ state: 'approved', reason: null }),
      ...over,
    });
  }

  async id(body: string, over: Partial<NewComment> = {}): Promise<number> {
    const added = await this.add(body, over);
    if (added.kind !== 'stored') throw new Error(added.kind);
    return added.comment.id;
  }

  moderate(action: CommentAction, ids: readonly number[], nowMs = noon + hour) {
    return moderateComments(this.store, { ids, action, actor: 'admin', nowMs });
  }

  async shown(before: number | null = null, limit = 10): Promise<string[]> {
    const page = await readShownComments(this.store.reader, { itemId: this.item, before, limit });
    return page.comments.map(({ body }) => body);
  }

  async counts(): Promise<{ comments: number; commentsRevision: number }> {
    const [counts] = await readCounts(this.store.reader, [this.item]);
    return { comments: counts?.comments ?? -1, commentsRevision: counts?.commentsRevision ?? -1 };
  }
}

const pending = { decide: () => ({ state: 'pending', reason: 'moderated' }) as const };

describe.each(engines)('adding a comment on $name', (engine) => {
  const withDesk = (work: (desk: Desk) => Promise<void>) => () =>
    withStore(engine, async (store) => work(await Desk.open(store)));

  it(
    'shows an approved one and counts it, and keeps one that waits out of sight',
    withDesk(async (desk) => {
      await desk.add('first');
      await desk.add('waits', pending);
      expect(await desk.shown()).toEqual(['first']);
      expect(await desk.counts()).toEqual({ comments: 1, commentsRevision: 1 });
      expect(await countComments(desk.store.reader)).toEqual({ pending: 1, approved: 1, rejected: 0, spam: 0 });
    }),
  );

  it(
    'takes a form that is sent twice for one comment, and says what became of it',
    withDesk(async (desk) => {
      const first = await desk.add('hello', pending);
      const second = await desk.add('hello', { decide: () => ({ state: 'approved', reason: null }) });
      expect(second).toEqual({ ...first, again: true });
      expect(second).toMatchObject({ kind: 'stored', state: 'pending' });
    }),
  );

  it(
    'makes one comment of two that come at once',
    withDesk(async (desk) => {
      const both = await Promise.all([desk.add('hello'), desk.add('hello')]);
      expect(both.map((added) => added.kind === 'stored' && added.again)).toEqual([false, true]);
      expect(await desk.shown()).toEqual(['hello']);
    }),
  );

  it(
    'refuses the same text within a day, and a short one at the same item only',
    withDesk(async (desk) => {
      await desk.add('Buy now');
      expect(await desk.add('buy NOW', { postKey: '2' })).toEqual({ kind: 'duplicate' });
      expect(await desk.add('buy now', { postKey: '3', itemId: desk.other })).toEqual({ kind: 'duplicate' });
      expect(await desk.add('buy now', { postKey: '4', itemId: desk.other, mayRecur: true })).toMatchObject({
        kind: 'stored',
      });
      expect(await desk.add('buy now', { postKey: '5', atMs: noon + day + 1 })).toMatchObject({ kind: 'stored' });
    }),
  );

  it(
    'knows an author who was approved before by the key alone',
    withDesk(async (desk) => {
      const asked: boolean[] = [];
      const decide: NewComment['decide'] = ({ approvedBefore }) => {
        asked.push(approvedBefore);
        return { state: approvedBefore ? 'approved' : 'pending', reason: null };
      };
      const id = await desk.id('one', { authorKey: 'k', decide });
      await desk.add('two', { authorKey: 'k', decide });
      await desk.moderate('approve', [id]);
      await desk.add('three', { authorKey: 'k', decide });
      await desk.add('four', { authorKey: 'other', decide });
      await desk.add('five', { authorKey: null, decide });
      expect(asked).toEqual([false, false, true, false, false]);
    }),
  );

  it(
    'takes none for an item that is not there or was withdrawn',
    withDesk(async (desk) => {
      expect(await desk.add('x', { itemId: 999 })).toEqual({ kind: 'no-item' });
      await withdrawItem(desk.store, desk.item, noon);
      expect(await desk.add('x')).toEqual({ kind: 'no-item' });
    }),
  );

  it(
    'pages through ten thousand without a gap or a repeat',
    withDesk(async (desk) => {
      await desk.store.write(async (tx) => {
        for (let index = 0; index < 10_000; index += 1) {
          await tx
            .insertInto('comment')
            .values({ item_id: desk.item, author_name: 'Ann', body: `${index}`, state: 'approved', at_ms: noon })
            .execute();
        }
      });
      const all: string[] = [];
      for (let before: number | null = null, pages = 0; pages < 30; pages += 1) {
        const page = await readShownComments(desk.store.reader, { itemId: desk.item, before, limit: 500 });
        all.push(...page.comments.map(({ body }) => body));
        before = page.next;
        if (before === null) break;
      }
      expect(all).toEqual(Array.from({ length: 10_000 }, (_, index) => `${9999 - index}`));
    }),
  );
});

describe.each(engines)('moderating on $name', (engine) => {
  const withDesk = (work: (desk: Desk) => Promise<void>) => () =>
    withStore(engine, async (store) => work(await Desk.open(store)));

  it(
    'moves comments, several at once, and counts what is shown',
    withDesk(async (desk) => {
      const ids = [await desk.id('a', pending), await desk.id('b', pending), await desk.id('c')];
      const moved = await desk.moderate('approve', [...ids, 999]);
      expect(moved.map(({ id, from, to }) => [id, from, to])).toEqual([
        [ids[0], 'pending', 'approved'],
        [ids[1], 'pending', 'approved'],
      ]);
      expect(await desk.shown()).toEqual(['c', 'b', 'a']);
      await desk.moderate('spam', [ids[1] ?? 0]);
      await desk.moderate('reject', [ids[2] ?? 0]);
      expect(await desk.shown()).toEqual(['a']);
      expect(await desk.counts()).toEqual({ comments: 1, commentsRevision: 4 });
    }),
  );

  it(
    'raises the revision when as many are shown as before, but others',
    withDesk(async (desk) => {
      const [shown, waits] = [await desk.id('shown'), await desk.id('waits', pending)];
      const before = await desk.counts();
      await desk.moderate('reject', [shown]);
      await desk.moderate('approve', [waits]);
      const after = await desk.counts();
      expect(after.comments).toBe(before.comments);
      expect(after.commentsRevision).toBeGreaterThan(before.commentsRevision);
    }),
  );

  it(
    'takes back the last decision, and that too',
    withDesk(async (desk) => {
      const id = await desk.id('a', pending);
      await desk.moderate('approve', [id]);
      await desk.moderate('spam', [id]);
      expect(await desk.moderate('undo', [id])).toEqual([{ id, from: 'spam', to: 'approved' }]);
      expect(await desk.shown()).toEqual(['a']);
      expect(await desk.moderate('undo', [id])).toEqual([{ id, from: 'approved', to: 'spam' }]);
      expect(await desk.moderate('undo', [await desk.id('never moderated', pending)])).toEqual([]);
    }),
  );

  it(
    'writes down who decided what and when',
    withDesk(async (desk) => {
      const id = await desk.id('a', pending);
      await desk.moderate('approve', [id], noon + hour);
      await desk.moderate('approve', [id], noon + 2 * hour);
      await desk.moderate('undo', [id], noon + 3 * hour);
      expect(await readAudit(desk.store.reader, id)).toEqual([
        { atMs: noon + hour, actor: 'admin', action: 'approve', from: 'pending', to: 'approved' },
        { atMs: noon + 3 * hour, actor: 'admin', action: 'undo', from: 'approved', to: 'pending' },
      ]);
      expect(await readComments(desk.store.reader, { state: 'pending', before: null, limit: 5 })).toMatchObject([
        { id, moderatedBy: 'admin', moderatedMs: noon + 3 * hour, item: { id: desk.item, title: 'Title of one' } },
      ]);
    }),
  );

  it(
    'goes on for an item that is withdrawn, of which the list says so',
    withDesk(async (desk) => {
      const id = await desk.id('a', pending);
      await withdrawItem(desk.store, desk.item, noon);
      expect(await desk.moderate('approve', [id])).toHaveLength(1);
      const [listed] = await readComments(desk.store.reader, { state: null, before: null, limit: 5 });
      expect(listed).toMatchObject({ state: 'approved', item: { withdrawn: true } });
      expect(await readCounts(desk.store.reader, [desk.item])).toEqual([]);
    }),
  );

  it(
    'ends with the item: its comments and what was decided about them go along',
    withDesk(async (desk) => {
      await desk.moderate('approve', [await desk.id('a', pending)]);
      await retireItems(desk.store, { nowMs: noon + 100 * day, maxAgeMs: day, keepNewest: 0, maxItems: 100 });
      for (const table of ['comment', 'comment_audit', 'item_count'] as const) {
        expect(await desk.store.reader.selectFrom(table).selectAll().execute()).toEqual([]);
      }
    }),
  );
});
