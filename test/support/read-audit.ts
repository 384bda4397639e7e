import type { Db } from '../../src/store/engine/engine.ts';

/** The decisions about a comment, oldest first. */
export async function readAudit(db: Db, commentId: number) {
  const rows = await db
    .selectFrom('comment_audit')
    .select(['at_ms', 'actor', 'action', 'from_state', 'to_state'])
    .where('comment_id', '=', commentId)
    .orderBy('id')
    .execute();
  return rows.map((row) => ({
    atMs: row.at_ms,
    actor: row.actor,
    action: row.action,
    from: row.from_state,
    to: row.to_state,
  }));
}
