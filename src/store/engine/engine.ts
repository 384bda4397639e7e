import type { Dialect, Kysely, RawBuilder } from 'kysely';
import type { Cursor } from '../../domain/events/event.ts';
import type { Phrase } from '../../domain/search/search-query.ts';
import type { StorageFault } from '../../domain/storage.ts';
import type { Tables } from './tables.ts';

/** An executor: the database, or one transaction on it. The first argument of every store function. */
export type Db = Kysely<Tables>;

/** The operations that differ between database engines. `engineOf` finds the engine of an executor. */
export interface Engine {
  /** Inserts rows in their order. Each row is a list of values in the order of the columns. */
  insert(db: Db, insertion: Insertion, rows: readonly unknown[][]): Promise<void>;
  /** Inserts rows like `insert` and returns the generated `id` of each, in the same order. */
  insertReturningIds(db: Db, insertion: Insertion, rows: readonly unknown[][]): Promise<number[]>;
  /** Sets columns of rows. Each row is a list of values in the order of the columns, followed by the key value. */
  update(db: Db, change: RowUpdate, rows: readonly unknown[][]): Promise<void>;
  /** A subquery that returns the values of a JSON array, in a column `value`. */
  jsonValues<T>(json: string): RawBuilder<T>;
  /** A table expression named `each` over a JSON array of strings or numbers, with a column `value`. */
  jsonTable(json: string): RawBuilder<unknown>;
  /** The number of a top-level member of a JSON column. */
  jsonNumber(column: RawBuilder<unknown>, name: string): RawBuilder<number>;
  /** Creates the search index if it is missing. Migrations cannot: its definition differs between engines. */
  createSearchIndex(db: Db): Promise<void>;
  /** Adds the texts of items to the search index, and replaces those that it has already. */
  indexTexts(db: Db, texts: readonly IndexedText[]): Promise<void>;
  /** Removes items from the search index. */
  removeTexts(db: Db, itemIds: readonly number[]): Promise<void>;
  /** Filters item ids by their text. The smaller the span of the ids, the cheaper. */
  filterByText(db: Db, phrases: TextCondition, itemIds: readonly number[]): Promise<number[]>;
  /** The ids within a range of items whose text contains all phrases: highest first. */
  searchTexts(db: Db, phrases: readonly Phrase[], page: SearchRange): Promise<number[]>;
  /** The ids that `searchTexts` returns, best match first. */
  rankTexts(db: Db, phrases: readonly Phrase[], page: SearchRange): Promise<number[]>;
  /** How much of the file is unused. */
  readSpace(db: Db): Promise<Space>;
  /** Returns at most so many unused pages to the file system. Moves as many pages from the end of the file. */
  releasePages(tx: Db, pages: number): Promise<void>;
  /** Whether a statement failed only because another process was writing, so that a retry can succeed. */
  isBusy(error: unknown): boolean;
}

/** The space of a database file, in pages of some kilobytes. */
export interface Space {
  readonly pages: number;
  readonly unused: number;
  /** False: the file was created before it could shrink. */
  readonly canShrink: boolean;
}

/** The target of an insertion. */
export interface Insertion {
  readonly table: string;
  readonly columns: readonly string[];
}

/** The columns that an update sets, and the column that identifies the rows. */
export interface RowUpdate {
  readonly table: string;
  readonly columns: readonly string[];
  readonly by: string;
}

/** The text of one item, as `searchText` returns it. */
export interface IndexedText {
  readonly itemId: number;
  readonly text: string;
}

/** A text matches if it contains all phrases of `all` and at least one of `anyOf`. */
export interface TextCondition {
  readonly all: readonly Phrase[];
  readonly anyOf: readonly Phrase[];
}

/** Limits the matches of a search: ids from `fromId` (inclusive) to `belowId` (exclusive), at most `limit`. */
export interface SearchRange {
  readonly fromId: number;
  readonly belowId: number;
  readonly limit: number;
}

/** The connections to an open database, and the operations on it that are not queries. */
export interface Connections {
  readonly engine: Engine;
  /** The real path. */
  readonly file: string;
  /** `begin` takes the write lock immediately. */
  readonly writer: Dialect;
  /** Refuses writes; sees a stable snapshot within a transaction. */
  readonly reader: Dialect;
  /** Changes with every commit of any process. Cheap. Null: unknown. */
  dataVersion(): number | null;
  /**
   * Registers the listener that is called synchronously after every commit of the writer, before anything in this process
   * can read the committed rows. The listener must not throw.
   */
  onCommit(listener: () => void): void;
  /** The position of the log after the writer's last commit; null: the log is not initialised. Requires the schema. */
  logPosition(): Cursor | null;
  /** Classifies an error of the engine. Null: not a fault of the storage. */
  faultOf(error: unknown): StorageFault | null;
  /** Whether this process still has the right to poll. Cheap. */
  holdsPollLock(): boolean;
  /**
   * Closes all connections, the readers first, checkpoints the write-ahead log into the file, and releases the poll lock
   * if it was acquired.
   *
   * @throws Error when the checkpoint failed: everything is closed, but the file alone is not the whole database.
   */
  close(): void;
}

/** The connection to a database that was opened read-only. */
export type ReadOnlyConnection = Pick<Connections, 'reader' | 'close'>;

/** A Kysely adapter that carries the engine, so that `engineOf` finds it through any executor. */
export interface EngineAdapter {
  readonly engine: Engine;
}

/** The engine of an executor. */
export function engineOf(db: Db): Engine {
  const adapter: object = db.getExecutor().adapter;
  if (!isEngineAdapter(adapter)) throw new Error('this database was not opened by openStore');
  return adapter.engine;
}

function isEngineAdapter(adapter: object): adapter is EngineAdapter {
  return 'engine' in adapter;
}
