// The task of a query process (see query-runner.ts): one query on a connection of its own, which cannot write.
import os from 'node:os';
import type { StorageFault } from '../../domain/storage.ts';
import { openReadOnlyStore, type ReadOnlyStore, readFaultOf } from '../open-store.ts';
import { executeQuery, type QueryName, type ReadQueries } from './named-queries.ts';

/** A query as it is sent to a query process. */
export interface QueryTask<Name extends QueryName = QueryName> {
  /** `sqlite:` and a path, from the folder that the server was started in. */
  readonly url: string;
  readonly name: Name;
  readonly args: ReadQueries[Name]['args'];
}

/** What the process answers: a fault of the storage is a value, since an error loses its kind on the way. */
export type QueryResponse =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'fault'; readonly fault: StorageFault; readonly detail: string };

/** The thread that answers requests and pushes events comes first. Linux: half the share of a busy processor or less. */
const nice = 5;

let open: { readonly url: string; readonly store: ReadOnlyStore } | null = null;

/** Runs a query in one read transaction. Opens the database at the first one and keeps it open. */
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
