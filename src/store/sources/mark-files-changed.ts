import { sql } from 'kysely';
import type { Store } from '../engine/store.ts';
import { valueList } from '../engine/write-rows.ts';

/**
 * Makes local feeds due at once after their files changed. No rate limit applies, because no publisher is requested. For
 * requests of the operator see `requestRefresh`.
 */
export async function markFilesChanged(store: Store, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  // The current refresh may have read the file before the change. A time after its claim makes the source due again.
  const dueMs = sql<number>`case when lease_token is null then ${nowMs} else ${nowMs + 1} end`;
  await store.write((tx) =>
    tx
      .updateTable('source')
      .set({ next_check_ms: dueMs, next_check_reason: 'the file changed' })
      .where('id', 'in', valueList(tx, ids))
      .where('removed_ms', 'is', null)
      .execute(),
  );
}
