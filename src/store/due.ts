import { sql } from 'kysely';
import type { Store } from './open.ts';
import { anyOf } from './rows.ts';

/**
 * Makes sources due at once because what they read is known to have changed: local feeds, which no publisher must be
 * spared. For an operator's wish see `requestRefresh`.
 */
export async function markChanged(store: Store, ids: readonly string[], nowMs: number): Promise<void> {
  if (ids.length === 0) return;
  await store.write((tx) =>
    tx
      .updateTable('source')
      .set({ next_check_ms: nowMs, next_check_why: 'the file changed' })
      .where('id', 'in', sql<string>`${anyOf(tx, ids)}`)
      .where('removed_ms', 'is', null)
      .execute(),
  );
}
