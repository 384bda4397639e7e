import { sql } from 'kysely';
import type { Failure } from '../../domain/failure.ts';
import type { PollResult } from '../../domain/polling/poll.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';

const trimBatch = 2000;

/** One poll of one source, for the operator's charts. */
export interface RefreshRecord {
  readonly sourceId: string;
  readonly atMs: number;
  readonly outcome: PollResult['outcome'];
  readonly failure: Failure | null;
  readonly status: number | null;
  readonly bytes: number;
  readonly durationMs: number;
  readonly added: number;
  readonly updated: number;
}

/** The polls since an instant, oldest first: of one source, or of all. */
export async function readRefreshes(
  db: Db,
  query: { readonly sourceId: string | null; readonly sinceMs: number; readonly limit: number },
): Promise<RefreshRecord[]> {
  const all = db
    .selectFrom('refresh')
    .innerJoin('source', 'source.ref', 'refresh.source_ref')
    .select(['source.id as sourceId', 'at_ms as atMs', 'outcome', 'failure', 'status', 'bytes'])
    .select(['duration_ms as durationMs', 'added', 'updated'])
    .where('at_ms', '>=', query.sinceMs)
    .orderBy('at_ms', 'desc')
    .limit(query.limit);
  const rows = await (query.sourceId === null ? all : all.where('source.id', '=', query.sourceId)).execute();
  return rows.reverse();
}

/**
 * Deletes records of polls before a time, in batches.
 *
 * @returns number of deleted records.
 */
export async function trimRefreshes(store: Store, beforeMs: number): Promise<number> {
  let trimmed = 0;
  for (;;) {
    const result = await store.write((tx) => {
      const oldest = tx.selectFrom('refresh').select('id').where('at_ms', '<', beforeMs).limit(sql.lit(trimBatch));
      return tx.deleteFrom('refresh').where('id', 'in', oldest).executeTakeFirst();
    });
    const count = Number(result.numDeletedRows);
    trimmed += count;
    if (count < trimBatch) return trimmed;
  }
}
