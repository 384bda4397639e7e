import { sql } from 'kysely';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';

/**
 * Makes sources due at once because what they read is known to have changed: local feeds, which no publisher must be
 * spared. For an operator's wish see `requestRefresh`.
 */
export async function markFilesChanged(store: Store, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  // One that is being read may have been looked at just before: a moment after its claim, it is wanted once more.
  const dueMs = sql<number>`case when lease_token is null then ${nowMs} else ${nowMs + 1} end`;
  await store.write((tx) =>
    tx
      .updateTable('source')
      .set({ next_check_ms: dueMs, next_check_reason: 'the file changed' })
      .where('id', 'in', sql<string>`${valueList(tx, ids)}`)
      .where('removed_ms', 'is', null)
      .execute(),
  );
}
