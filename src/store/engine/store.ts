import type { Db } from './engine.ts';
import type { StorageHealth } from './storage-monitor.ts';

/** A file and its permissions. */
export interface FileMode {
  readonly file: string;
  /** The permission bits. */
  readonly mode: number;
}

/** The sizes of a database on its disk, in bytes. */
export interface DatabaseSizes {
  readonly bytes: number;
  /** The write-ahead log, which is part of the database while it is open. */
  readonly writeAheadBytes: number;
  /** What the user of this process can still write. */
  readonly diskFreeBytes: number;
}

/** An open database. Store functions take an executor (`Db`) from it. Only `write` and `read` begin transactions. */
export interface Store {
  readonly writer: Db;
  /** Sees committed rows only, refuses writes, and never waits for the writer. */
  readonly reader: Db;
  /**
   * Runs `work` in a transaction that holds the write lock from its first statement, and resolves once the transaction
   * is flushed to disk. Concurrent writes may share a transaction, one after the other (ADR 0010).
   *
   * `work` may run more than once: when another process is writing, or when another write of the shared transaction
   * fails. It must have no effect outside the transaction. Calling `write`, or using `writer`, inside `work` throws,
   * since it would wait for itself forever.
   *
   * Rejects with a StorageError immediately while the storage cannot be written.
   *
   * @param items how many items `work` writes, if many.
   */
  write<T>(work: (tx: Db) => Promise<T>, items?: number): Promise<T>;
  /**
   * Announces a write of many items: queued writes wait for it, for some milliseconds, to share its transaction
   * (ADR 0012).
   *
   * @returns a function to call exactly once, when the write was requested or will not be made.
   */
  expectWrite(): () => void;
  /** Runs `work` on one snapshot: everything that it reads is of the same instant. */
  read<T>(work: (tx: Db) => Promise<T>): Promise<T>;
  /**
   * Changes with every commit of any process: data that was read under an equal version is still current. Null:
   * unknown.
   */
  dataVersion(): number | null;
  /** Whether the database can be written, and since when it cannot. */
  readonly storage: StorageHealth;
  /** Whether this process is the one that may poll: false without the poll lock, or when its file was removed. Cheap. */
  holdsPollLock(): boolean;
  /** Files of the database that users other than their owner can open, although they hold secrets. */
  filesOpenToOthers(): readonly FileMode[];
  /**
   * Closes all connections. Afterwards the database file alone holds the whole database.
   *
   * @throws Error when it does not; the connections are closed nevertheless.
   */
  close(): Promise<void>;
}

/** A database that was opened read-only. */
export type ReadOnlyStore = Pick<Store, 'reader' | 'read' | 'close'>;
