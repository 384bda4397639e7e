import { noValidators, type Validators } from '../../domain/polling/fetch-outcome.ts';
import { type ListContent, noListContent } from '../../domain/polling/remote-list.ts';
import type { Db } from '../engine/engine.ts';
import type { Store } from '../engine/store.ts';
import { fromJson, type Row } from '../engine/tables.ts';

/** The stored state of a remote list. */
export interface RemoteListState {
  readonly key: string;
  /** Digest of the URL and headers with which it was read: when they change, it is read again at once. */
  readonly requestHash: string;
  readonly content: ListContent;
  /** Of the last successful read. */
  readonly validators: Validators;
  readonly bodyHash: string | null;
  /** Failures in a row. */
  readonly failures: number;
  readonly nextReadMs: number;
}

/** The state of a list that was never read. */
export function unreadList(key: string, requestHash: string): RemoteListState {
  return {
    ...{ key, requestHash },
    content: noListContent,
    validators: noValidators,
    bodyHash: null,
    failures: 0,
    nextReadMs: 0,
  };
}

/** The states of all stored lists, by key. */
export async function readRemoteLists(db: Db): Promise<Map<string, RemoteListState>> {
  const rows = await db.selectFrom('remote_list').selectAll().execute();
  return new Map(rows.map((row) => [row.key, toState(row)]));
}

/** Stores the state of a list after a read. */
export async function writeRemoteList(store: Store, state: RemoteListState): Promise<void> {
  const row = toRow(state);
  await store.write((tx) =>
    tx
      .insertInto('remote_list')
      .values(row)
      .onConflict((conflict) => conflict.column('key').doUpdateSet(row))
      .execute(),
  );
}

/** Deletes the states of lists that are not declared any more. */
export async function retainRemoteLists(store: Store, keys: readonly string[]): Promise<void> {
  const stored = await store.reader.selectFrom('remote_list').select('key').execute();
  const removed = stored.map(({ key }) => key).filter((key) => !keys.includes(key));
  if (removed.length === 0) return;
  await store.write((tx) => tx.deleteFrom('remote_list').where('key', 'in', removed).execute());
}

function toState(row: Row<'remote_list'>): RemoteListState {
  const { etag, last_modified: lastModified, validators_url: url } = row;
  return {
    key: row.key,
    requestHash: row.request_hash,
    content: fromJson<ListContent>(row.content),
    validators: { etag, lastModified, ...(url === null ? {} : { url }) },
    bodyHash: row.body_hash,
    failures: row.failures,
    nextReadMs: row.next_read_ms,
  };
}

function toRow({ validators, ...state }: RemoteListState): Row<'remote_list'> {
  return {
    key: state.key,
    request_hash: state.requestHash,
    content: JSON.stringify(state.content),
    etag: validators.etag,
    last_modified: validators.lastModified,
    validators_url: validators.url ?? null,
    body_hash: state.bodyHash,
    failures: state.failures,
    next_read_ms: state.nextReadMs,
  };
}
