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
import { anItemDraft, day, hour, noon } from '../support/builders.ts';
import { readAudit } from '../support/read-audit.ts';
import { createStoreFixture } from '../support/store-fixture.ts';
import { engines, withStore } from './test-engines.ts';

/** Two items, and comments on the first. */
class CommentFixture {
  readonly store: Store;
  readonly item: number;
  readonly other: number;

  constructor(store: Store, item: number, other: number) {
    this.store = store;
    this.item = item;
    this.other = other;
  }

  static async open(store: Store): Promise<CommentFixture> {
    const fixture = await createStoreFixture(store, 'a');
    await fixture.read('a', [anItemDraft('one'), anItemDraft('two')]);
    const one = await readItemByKey(store.reader, 'http://example.net/one');
    const two = await readItemByKey(store.reader, 'http://example.net/two');
    return new CommentFixture(store, one?.id ?? 0, two?.id ?? 0);
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
  const withFixture = (work: (fixture: CommentFixture) => Promise<void>) => () =>
    withStore(engine, async (store) => work(await CommentFixture.open(store)));

  it(
    'shows and counts an approved comment, and does not show a pending one',
    withFixture(async (fixture) => {
      await fixture.add('first');
      await fixture.add('waits', pending);
      expect(await fixture.shown()).toEqual(['first']);
      expect(await fixture.counts()).toEqual({ comments: 1, commentsRevision: 1 });
      expect(await countComments(fixture.store.reader)).toEqual({ pending: 1, approved: 1, rejected: 0, spam: 0 });
    }),
  );

  it(
    'stores a form that is sent twice once, and returns the state of the stored comment',
    withFixture(async (fixture) => {
      const first = await fixture.add('hello', pending);
      const second = await fixture.add('hello', { decide: () => ({ state: 'approved', reason: null }) });
      expect(second).toEqual({ ...first, again: true });
      expect(second).toMatchObject({ kind: 'stored', state: 'pending' });
    }),
  );

  it(
    'stores one comment for two concurrent requests with the same form',
    withFixture(async (fixture) => {
      const both = await Promise.all([fixture.add('hello'), fixture.add('hello')]);
      expect(both.map((added) => added.kind === 'stored' && added.again)).toEqual([false, true]);
      expect(await fixture.shown()).toEqual(['hello']);
    }),
  );

  it(
    'refuses the same text within a day, and a text that may recur at the same item only',
    withFixture(async (fixture) => {
      await fixture.add('Buy now');
      expect(await fixture.add('buy NOW', { postKey: '2' })).toEqual({ kind: 'duplicate' });
      expect(await fixture.add('buy now', { postKey: '3', itemId: fixture.other })).toEqual({ kind: 'duplicate' });
      expect(await fixture.add('buy now', { postKey: '4', itemId: fixture.other, mayRecur: true })).toMatchObject({
        kind: 'stored',
      });
      expect(await fixture.add('buy now', { postKey: '5', atMs: noon + day + 1 })).toMatchObject({ kind: 'stored' });
    }),
  );

  it(
    'recognises an author with an approved comment by the author key',
    withFixture(async (fixture) => {
      const approvedBefores: boolean[] = [];
      const decide: NewComment['decide'] = ({ approvedBefore }) => {
        approvedBefores.push(approvedBefore);
        return { state: approvedBefore ? 'approved' : 'pending', reason: null };
      };
      const id = await fixture.id('one', { authorKey: 'k', decide });
      await fixture.add('two', { authorKey: 'k', decide });
      await fixture.moderate('approve', [id]);
      await fixture.add('three', { authorKey: 'k', decide });
      await fixture.add('four', { authorKey: 'other', decide });
      await fixture.add('five', { authorKey: null, decide });
      expect(approvedBefores).toEqual([false, false, true, false, false]);
    }),
  );

  it(
    'refuses a comment on an unknown or withdrawn item',
    withFixture(async (fixture) => {
      expect(await fixture.add('x', { itemId: 999 })).toEqual({ kind: 'no-item' });
      await withdrawItem(fixture.store, fixture.item, noon);
      expect(await fixture.add('x')).toEqual({ kind: 'no-item' });
    }),
  );

  it(
    'lists ten thousand comments page by page without a gap or a repeat',
    withFixture(async (fixture) => {
      await fixture.store.write(async (tx) => {
        for (let index = 0; index < 10_000; index += 1) {
          await tx
            .insertInto('comment')
            .values({ item_id: fixture.item, author_name: 'Ann', body: `${index}`, state: 'approved', at_ms: noon })
            .execute();
        }
      });
      const all: string[] = [];
      for (let before: number | null = null, pages = 0; pages < 30; pages += 1) {
        const page = await readShownComments(fixture.store.reader, { itemId: fixture.item, before, limit: 500 });
        all.push(...page.comments.map(({ body }) => body));
        before = page.next;
        if (before === null) break;
      }
      expect(all).toEqual(Array.from({ length: 10_000 }, (_, index) => `${9999 - index}`));
    }),
  );
});

describe.each(engines)('moderating comments on $name', (engine) => {
  const withFixture = (work: (fixture: CommentFixture) => Promise<void>) => () =>
    withStore(engine, async (store) => work(await CommentFixture.open(store)));

  it(
    'changes the states of several comments, and counts those that are shown',
    withFixture(async (fixture) => {
      const ids = [await fixture.id('a', pending), await fixture.id('b', pending), await fixture.id('c')];
      const moved = await fixture.moderate('approve', [...ids, 999]);
      expect(moved.map(({ id, from, to }) => [id, from, to])).toEqual([
        [ids[0], 'pending', 'approved'],
        [ids[1], 'pending', 'approved'],
      ]);
      expect(await fixture.shown()).toEqual(['c', 'b', 'a']);
      await fixture.moderate('spam', [ids[1] ?? 0]);
      await fixture.moderate('reject', [ids[2] ?? 0]);
      expect(await fixture.shown()).toEqual(['a']);
      expect(await fixture.counts()).toEqual({ comments: 1, commentsRevision: 4 });
    }),
  );

  it(
    'raises the revision when other comments are shown but their number is the same',
    withFixture(async (fixture) => {
      const [shown, waits] = [await fixture.id('shown'), await fixture.id('waits', pending)];
      const before = await fixture.counts();
      await fixture.moderate('reject', [shown]);
      await fixture.moderate('approve', [waits]);
      const after = await fixture.counts();
      expect(after.comments).toBe(before.comments);
      expect(after.commentsRevision).toBeGreaterThan(before.commentsRevision);
    }),
  );

  it(
    'undoes the last decision, and undoes the undo',
    withFixture(async (fixture) => {
      const id = await fixture.id('a', pending);
      await fixture.moderate('approve', [id]);
      await fixture.moderate('spam', [id]);
      expect(await fixture.moderate('undo', [id])).toEqual([{ id, from: 'spam', to: 'approved' }]);
      expect(await fixture.shown()).toEqual(['a']);
      expect(await fixture.moderate('undo', [id])).toEqual([{ id, from: 'approved', to: 'spam' }]);
      expect(await fixture.moderate('undo', [await fixture.id('never moderated', pending)])).toEqual([]);
    }),
  );

  it(
    'records who decided what and when',
    withFixture(async (fixture) => {
      const id = await fixture.id('a', pending);
      await fixture.moderate('approve', [id], noon + hour);
      await fixture.moderate('approve', [id], noon + 2 * hour);
      await fixture.moderate('undo', [id], noon + 3 * hour);
      expect(await readAudit(fixture.store.reader, id)).toEqual([
        { atMs: noon + hour, actor: 'admin', action: 'approve', from: 'pending', to: 'approved' },
        { atMs: noon + 3 * hour, actor: 'admin', action: 'undo', from: 'approved', to: 'pending' },
      ]);
      expect(await readComments(fixture.store.reader, { state: 'pending', before: null, limit: 5 })).toMatchObject([
        { id, moderatedBy: 'admin', moderatedMs: noon + 3 * hour, item: { id: fixture.item, title: 'Title of one' } },
      ]);
    }),
  );

  it(
    'works for a withdrawn item, which the list marks as withdrawn',
    withFixture(async (fixture) => {
      const id = await fixture.id('a', pending);
      await withdrawItem(fixture.store, fixture.item, noon);
      expect(await fixture.moderate('approve', [id])).toHaveLength(1);
      const [listed] = await readComments(fixture.store.reader, { state: null, before: null, limit: 5 });
      expect(listed).toMatchObject({ state: 'approved', item: { withdrawn: true } });
      expect(await readCounts(fixture.store.reader, [fixture.item])).toEqual([]);
    }),
  );

  it(
    'leaves no comment, audit record or count of a retired item',
    withFixture(async (fixture) => {
      await fixture.moderate('approve', [await fixture.id('a', pending)]);
      await retireItems(fixture.store, { nowMs: noon + 100 * day, maxAgeMs: day, keepNewest: 0, maxItems: 100 });
      for (const table of ['comment', 'comment_audit', 'item_count'] as const) {
        expect(await fixture.store.reader.selectFrom(table).selectAll().execute()).toEqual([]);
      }
    }),
  );
});
