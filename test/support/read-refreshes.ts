import type { Db } from '../../src/store/engine/engine.ts';

/** The recorded polls of a source, oldest first. */
export function readRefreshes(db: Db, sourceId: string) {
  return db
    .selectFrom('refresh')
    .innerJoin('source', 'source.ref', 'refresh.source_ref')
    .select(['source.id as sourceId', 'at_ms as atMs', 'outcome', 'failure', 'status', 'bytes'])
    .select(['duration_ms as durationMs', 'added', 'updated'])
    .where('source.id', '=', sourceId)
    .orderBy('at_ms')
    .execute();
}
