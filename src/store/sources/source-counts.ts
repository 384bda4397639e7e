import { sql } from 'kysely';
import { compiledQuery } from '../engine/compiled-query.ts';
import type { Db } from '../engine/engine.ts';

/** What the last poll of a source says about it; `new`: not polled yet. */
export const sourceStates = ['new', 'ok', 'failing', 'throttled', 'gone'] as const;

/** The state of a declared source. */
export type SourceState = (typeof sourceStates)[number];

const stateOf = {
  fresh: 'ok',
  'not-modified': 'ok',
  failed: 'failing',
  throttled: 'throttled',
  gone: 'gone',
} as const;

/** How many declared sources are in each state. */
export async function countSources(db: Db): Promise<Readonly<Record<SourceState, number>>> {
  const counts = { new: 0, ok: 0, failing: 0, throttled: 0, gone: 0 };
  for (const { outcome, count } of await selectCounts(db, {}))
    counts[outcome === null ? 'new' : stateOf[outcome]] += count;
  return counts;
}

const selectCounts = compiledQuery<object, { outcome: keyof typeof stateOf | null; count: number }>([], (db) =>
  db
    .selectFrom('source')
    .select(['last_outcome as outcome', sql<number>`count(*)`.as('count')])
    .where('removed_ms', 'is', null)
    .groupBy('last_outcome'),
);
