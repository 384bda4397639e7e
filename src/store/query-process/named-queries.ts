import type { MostRead } from '../../domain/items/item-counts.ts';
import type { Db } from '../engine/engine.ts';
import { type ItemsSnapshot, readSnapshot, type SnapshotQuery } from '../queries/snapshot.ts';
import { type MostReadQuery, readMostRead } from '../readers/read-counts.ts';
import { type HourlyActivity, readActivity } from '../sources/activity.ts';

/** The queries of unbounded cost, by name. Arguments and results are plain data: another process can run them. */
export interface ReadQueries {
  readonly items: { readonly args: SnapshotQuery; readonly result: ItemsSnapshot };
  readonly mostRead: { readonly args: MostReadQuery; readonly result: readonly MostRead[] };
  readonly activity: { readonly args: { readonly nowMs: number }; readonly result: readonly HourlyActivity[] };
}

/** The name of a query. */
export type QueryName = keyof ReadQueries;

type Execute<Name extends QueryName> = (
  db: Db,
  args: ReadQueries[Name]['args'],
) => Promise<ReadQueries[Name]['result']>;

const queries: { readonly [Name in QueryName]: Execute<Name> } = {
  items: readSnapshot,
  mostRead: readMostRead,
  activity: (db, { nowMs }) => readActivity(db, nowMs),
};

/** Runs a query by its name. Call it inside one read transaction, so that the whole result is of one instant. */
export function executeQuery<Name extends QueryName>(
  db: Db,
  name: Name,
  args: ReadQueries[Name]['args'],
): Promise<ReadQueries[Name]['result']> {
  const execute: Execute<Name> = queries[name];
  return execute(db, args);
}
