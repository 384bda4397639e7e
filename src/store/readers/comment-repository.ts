import { sql } from 'kysely';
import type { Comment, CommentPage, CommentState, ModerationEntry } from '../../domain/comments/comment.ts';
import { dayMs } from '../../domain/durations.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';

/** A valid comment to store. */
export interface NewComment {
  readonly itemId: number;
  readonly name: string;
  readonly body: string;
  readonly atMs: number;
  readonly authorKey: string | null;
  /** Identifies the form, so that a form sent twice is stored once. */
  readonly postKey: string;
  readonly textHash: string;
  /** Whether the same text may also be posted to other items within a day, as short texts often are. */
  readonly mayRecur: boolean;
  /** Chooses the state, given whether a comment of the author was approved before. */
  decide(known: { readonly approvedBefore: boolean }): {
    readonly state: CommentState;
    readonly reason: string | null;
  };
}

/** The result of posting a comment. */
export type AddCommentResult =
  /** `again`: the same form was sent before; this is the comment stored then. */
  | { readonly kind: 'stored'; readonly comment: Comment; readonly state: CommentState; readonly again: boolean }
  /** The same text was posted within a day. */
  | { readonly kind: 'duplicate' }
  /** The item does not exist or is withdrawn. */
  | { readonly kind: 'no-item' };

/** Stores a comment, once. */
export function addComment(store: Store, comment: NewComment): Promise<AddCommentResult> {
  return store.write(async (tx) => {
    const before = await tx
      .selectFrom('comment')
      .select(['id', 'author_name', 'body', 'at_ms', 'state'])
      .where('post_key', '=', comment.postKey)
      .executeTakeFirst();
    if (before !== undefined) return { kind: 'stored', comment: toShown(before), state: before.state, again: true };
    if (!(await isVisible(tx, comment.itemId))) return { kind: 'no-item' };
    const { state, reason } = comment.decide({ approvedBefore: await wasApproved(tx, comment.authorKey) });
    if (state !== 'spam' && (await isDuplicate(tx, comment))) return { kind: 'duplicate' };
    const row = await tx
      .insertInto('comment')
      .values({
        item_id: comment.itemId,
        author_name: comment.name,
        body: comment.body,
        state,
        reason,
        at_ms: comment.atMs,
        moderated_ms: null,
        moderated_by: null,
        author_key: comment.authorKey,
        post_key: comment.postKey,
        text_hash: comment.textHash,
      })
      .returning(['id', 'author_name', 'body', 'at_ms'])
      .executeTakeFirstOrThrow();
    if (state === 'approved') await changeCommentCount(tx, comment.itemId, 1);
    return { kind: 'stored', comment: toShown(row), state, again: false };
  });
}

async function isVisible(tx: Db, itemId: number): Promise<boolean> {
  const row = await tx
    .selectFrom('item')
    .select('id')
    .where('id', '=', itemId)
    .where('withdrawn_ms', 'is', null)
    .executeTakeFirst();
  return row !== undefined;
}

async function wasApproved(tx: Db, authorKey: string | null): Promise<boolean> {
  if (authorKey === null) return false;
  const row = await tx
    .selectFrom('comment')
    .select('id')
    .where('author_key', '=', authorKey)
    .where('state', '=', 'approved')
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

async function isDuplicate(tx: Db, comment: NewComment): Promise<boolean> {
  const same = tx
    .selectFrom('comment')
    .select('id')
    .where('text_hash', '=', comment.textHash)
    .where('at_ms', '>', comment.atMs - dayMs);
  const found = comment.mayRecur ? same.where('item_id', '=', comment.itemId) : same;
  return (await found.limit(1).executeTakeFirst()) !== undefined;
}

/** Adds to the number of approved comments of an item, and increases its revision; 0: only the revision. */
export async function changeCommentCount(tx: Db, itemId: number, more: number): Promise<void> {
  await tx
    .insertInto('item_count')
    .values({ item_id: itemId, reads: 0, comments: Math.max(more, 0), comments_revision: 1 })
    .onConflict((conflict) =>
      conflict.column('item_id').doUpdateSet((eb) => ({
        comments: eb('item_count.comments', '+', more),
        comments_revision: eb('item_count.comments_revision', '+', 1),
      })),
    )
    .execute();
}

type ShownRow = { readonly id: number; readonly author_name: string; readonly body: string; readonly at_ms: number };

function toShown(row: ShownRow): Comment {
  return { id: row.id, name: row.author_name, body: row.body, atMs: row.at_ms };
}

/**
 * A page of an item's comments, newest first, of one instant when called within `store.read`.
 *
 * @param query `before`: only those with a lower id.
 */
export async function readShownComments(
  db: Db,
  query: { readonly itemId: number; readonly before: number | null; readonly limit: number },
): Promise<CommentPage> {
  const { itemId, before, limit } = query;
  const shown = db
    .selectFrom('comment')
    .select(['id', 'author_name', 'body', 'at_ms'])
    .where('item_id', '=', itemId)
    .where('state', '=', 'approved')
    .orderBy('id', 'desc')
    .limit(limit + 1);
  const rows = await (before === null ? shown : shown.where('id', '<', before)).execute();
  const counts = await db
    .selectFrom('item_count')
    .select(['comments', 'comments_revision'])
    .where('item_id', '=', itemId)
    .executeTakeFirst();
  const comments = rows.slice(0, limit).map(toShown);
  return {
    comments,
    next: rows.length > limit ? (comments.at(-1)?.id ?? null) : null,
    total: counts?.comments ?? 0,
    revision: counts?.comments_revision ?? 0,
  };
}

/** A page of the moderators' list, newest first; `state` null: all. */
export async function readComments(
  db: Db,
  query: { readonly state: CommentState | null; readonly before: number | null; readonly limit: number },
): Promise<ModerationEntry[]> {
  const all = db
    .selectFrom('comment')
    .innerJoin('item', 'item.id', 'comment.item_id')
    .select(['comment.id', 'item_id', 'author_name', 'body', 'state', 'reason', 'at_ms'])
    .select(['moderated_ms', 'moderated_by', 'item.title', 'item.withdrawn_ms'])
    .orderBy('comment.id', 'desc')
    .limit(query.limit);
  const within = query.state === null ? all : all.where('state', '=', query.state);
  const rows = await (query.before === null ? within : within.where('comment.id', '<', query.before)).execute();
  return rows.map((row) => ({
    ...toShown(row),
    item: { id: row.item_id, title: row.title, withdrawn: row.withdrawn_ms !== null },
    state: row.state,
    reason: row.reason,
    moderatedMs: row.moderated_ms,
    moderatedBy: row.moderated_by,
  }));
}

/** Number of comments in each state. */
export async function countComments(db: Db): Promise<Readonly<Record<CommentState, number>>> {
  const rows = await db
    .selectFrom('comment')
    .select(['state', sql<number>`count(*)`.as('count')])
    .groupBy('state')
    .execute();
  const counts = { pending: 0, approved: 0, rejected: 0, spam: 0 };
  for (const { state, count } of rows) counts[state] = count;
  return counts;
}

/** Number of comments that wait for a moderator. */
export async function countPendingComments(db: Db): Promise<number> {
  const { count } = await db
    .selectFrom('comment')
    .select(sql<number>`count(*)`.as('count'))
    .where('state', '=', 'pending')
    .executeTakeFirstOrThrow();
  return count;
}
