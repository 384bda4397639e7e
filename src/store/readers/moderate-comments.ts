import { assertNever } from '../../domain/assert-never.ts';
import type { CommentAction, CommentState, ModerationResult } from '../../domain/comments/comment.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { insertRows, valueList } from '../engine/write-rows.ts';
import { changeCommentCount } from './comment-repository.ts';

/** A moderator's decision on some comments. */
export interface ModerationDecision {
  readonly ids: readonly number[];
  readonly action: CommentAction;
  /** The moderator, as recorded in the audit. */
  readonly actor: string;
  readonly nowMs: number;
}

interface Change extends ModerationResult {
  readonly itemId: number;
}

/**
 * Applies a decision in one transaction, with an audit row for each changed comment. Skips comments that already have
 * the state, do not exist, or have no decision to undo.
 *
 * @returns the changes, in no particular order.
 */
export function moderateComments(store: Store, decision: ModerationDecision): Promise<readonly ModerationResult[]> {
  if (decision.ids.length === 0) return Promise.resolve([]);
  return store.write(async (tx) => {
    const changes = await changesOf(tx, decision);
    for (const change of changes) await setState(tx, change, decision);
    const rows = changes.map(({ id, from, to }) => ({
      comment_id: id,
      at_ms: decision.nowMs,
      actor: decision.actor,
      action: decision.action,
      from_state: from,
      to_state: to,
    }));
    await insertRows(tx, 'comment_audit', rows);
    await updateCounts(tx, changes);
    return changes.map(({ id, from, to }) => ({ id, from, to }));
  });
}

async function changesOf(tx: Db, { ids, action }: ModerationDecision): Promise<Change[]> {
  const rows = await tx
    .selectFrom('comment')
    .select(['id', 'item_id', 'state'])
    .where('id', 'in', valueList(tx, ids))
    .execute();
  const before = action === 'undo' ? await statesBefore(tx, ids) : new Map<number, CommentState>();
  return rows.flatMap(({ id, item_id, state }) => {
    const to = action === 'undo' ? (before.get(id) ?? state) : stateAfter(action);
    return to === state ? [] : [{ id, itemId: item_id, from: state, to }];
  });
}

/** The state of each comment before the last decision on it. */
async function statesBefore(tx: Db, ids: readonly number[]): Promise<ReadonlyMap<number, CommentState>> {
  const rows = await tx
    .selectFrom('comment_audit')
    .select(['comment_id', 'from_state'])
    .where('comment_id', 'in', valueList(tx, ids))
    .orderBy('id')
    .execute();
  return new Map(rows.map(({ comment_id, from_state }) => [comment_id, from_state]));
}

function stateAfter(action: Exclude<CommentAction, 'undo'>): CommentState {
  switch (action) {
    case 'approve':
      return 'approved';
    case 'reject':
      return 'rejected';
    case 'spam':
      return 'spam';
    default:
      return assertNever(action);
  }
}

async function setState(tx: Db, { id, to }: Change, { actor, nowMs }: ModerationDecision): Promise<void> {
  await tx
    .updateTable('comment')
    .set({ state: to, moderated_ms: nowMs, moderated_by: actor })
    .where('id', '=', id)
    .execute();
}

async function updateCounts(tx: Db, changes: readonly Change[]): Promise<void> {
  const shown = changes.filter(({ from, to }) => from === 'approved' || to === 'approved');
  for (const [itemId, some] of Map.groupBy(shown, (change) => change.itemId)) {
    const more = some.reduce((sum, { to }) => sum + (to === 'approved' ? 1 : -1), 0);
    await changeCommentCount(tx, itemId, more);
  }
}

/** The states of comments. Unknown ids are omitted. */
export async function readCommentStates(db: Db, ids: readonly number[]): Promise<ReadonlyMap<number, CommentState>> {
  const rows = await db.selectFrom('comment').select(['id', 'state']).where('id', 'in', valueList(db, ids)).execute();
  return new Map(rows.map(({ id, state }) => [id, state]));
}
