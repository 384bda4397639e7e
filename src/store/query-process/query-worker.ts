// The task of a query process (see query-runner.ts): one query on its own read-only connection.
import os from 'node:os';
import type { StorageFault } from '../../domain/storage.ts';
import type { ReadOnlyStore } from '../engine/store.ts';
import { openReadOnlyStore, readFaultOf } from '../open-store.ts';
import { executeQuery, type QueryName, type ReadQueries } from './named-queries.ts';

/** A query, as it is sent to a query process. */
export interface QueryTask<Name extends QueryName = QueryName> {
  /** `sqlite:` and a path, relative to the working directory of the server. */
  readonly url: string;
  readonly name: Name;
  readonly args: ReadQueries[Name]['args'];
}

/** The response of the process. A fault of the storage is a value: an error loses its class between processes. */
export type QueryResponse =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'fault'; readonly fault: StorageFault; readonly detail: string };

/** A lower priority than the server's own thread. On Linux at most half its share of a busy processor. */
const nice = 5;

let open: { readonly url: string; readonly store: ReadOnlyStore } | null = null;

/** Runs a query in one read transaction. The first query opens the database; it stays open. */
export default async function runQuery(task: QueryTask): Promise<QueryResponse> {
  try {
    return { kind: 'result', result: await readOne(task) };
  } catch (error) {
    const fault = readFaultOf(error, task.url);
    if (fault === null) throw error;
    return { kind: 'fault', fault, detail: String(error) };
  }
}

async function readOne({ url, name, args }: QueryTask): Promise<unknown> {
  if (open?.url !== url) {
    await open?.store.close();
    open = null;
    os.setPriority(nice);
    open = { url, store: openReadOnlyStore(url) };
  }
  return open.store.read((db) => executeQuery(db, name, args));
}
