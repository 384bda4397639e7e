import type { Dialect, Kysely, RawBuilder } from 'kysely';
import type { Cursor } from '../../domain/events/event.ts';
import type { Phrase } from '../../domain/search/search-query.ts';
import type { StorageFault } from '../../domain/storage.ts';
import type { Tables } from './tables.ts';

/** The database, or one transaction on it: what every store function takes first. */
export type Db = Kysely<Tables>;

/** What differs between engines, chosen once when the store is opened and found again through any executor. */
export interface Engine {
  /** Inserts rows, in their order, each a list of values in the order of the columns. */
  insert(db: Db, insertion: Insertion, rows: readonly unknown[][]): Promise<void>;
  /** The same, giving back the number that each got as its `id`. */
  insertReturningIds(db: Db, insertion: Insertion, rows: readonly unknown[][]): Promise<number[]>;
  /** Sets columns of rows: each a list of values in the order of the columns, and the one by which it is found. */
  update(db: Db, change: RowUpdate, rows: readonly unknown[][]): Promise<void>;
  /** A sub-select of the values of a JSON array, of column `value`. */
  jsonValues(json: string): RawBuilder<unknown>;
  /** A table expression `each` out of a JSON array of texts or numbers, of column `value`. */
  jsonTable(json: string): RawBuilder<unknown>;
  /** The number at a path of one name in a JSON column. */
  jsonNumber(column: RawBuilder<unknown>, name: string): RawBuilder<number>;
  /** Makes what migrations cannot say for all engines alike: the search index. */
  createSearchIndex(db: Db): Promise<void>;
  /** Puts the texts of items into the search index, in place of what it held of them. */
  indexTexts(db: Db, texts: readonly IndexedText[]): Promise<void>;
  /** Takes items out of the search index. */
  removeTexts(db: Db, itemIds: readonly number[]): Promise<void>;
  /** Of these items, the ids of those whose text has what is asked for. The nearer they are, the less it costs. */
  filterByText(db: Db, phrases: TextCondition, itemIds: readonly number[]): Promise<number[]>;
  /** Ids, within bounds, of items whose text has all of the phrases: highest first. */
  searchTexts(db: Db, phrases: readonly Phrase[], page: SearchRange): Promise<number[]>;
  /** The same ids as `searchTexts` gives, those first whose text fits the phrases best. */
  rankTexts(db: Db, phrases: readonly Phrase[], page: SearchRange): Promise<number[]>;
  /** Whether a statement failed only because another writer was at work, so that trying again makes sense. */
  isBusy(error: unknown): boolean;
}

/** Into which columns rows are inserted. */
export interface Insertion {
  readonly table: string;
  readonly columns: readonly string[];
}

/** Which columns are set in rows that are found by one column. */
export interface RowUpdate {
  readonly table: string;
  readonly columns: readonly string[];
  readonly by: string;
}

/** The text of one item, as `searchText` makes it. */
export interface IndexedText {
  readonly itemId: number;
  readonly text: string;
}

/** All of some phrases, and of others at least one. */
export interface TextCondition {
  readonly all: readonly Phrase[];
  readonly oneOf: readonly Phrase[];
}

/** Which of the matches of a search: from an id, below another, and at most so many. */
export interface SearchRange {
  readonly fromId: number;
  readonly belowId: number;
  readonly limit: number;
}

/** A database that is open: two connections, what they speak, and how to let go of it. */
export interface Connections {
  readonly engine: Engine;
  /** The real path. */
  readonly file: string;
  /** `begin` takes the write lock at once. */
  readonly writer: Dialect;
  /** Refuses writes; sees a stable snapshot within a transaction. */
  readonly reader: Dialect;
  /** Differs after every commit, of this process or another. Cheap; null: the engine cannot tell. */
  dataVersion(): number | null;
  /**
   * Calls back right after every commit of the writer, in the same step: nobody can have read anything of it. Must not
   * throw.
   */
  onCommit(listener: () => void): void;
  /** Where the log stands by the last commit of the writer; null: there is none. The schema must be there. */
  logPosition(): Cursor | null;
  /** The fault of the storage that an error of the engine stands for; null: it is an error of another kind. */
  faultOf(error: unknown): StorageFault | null;
  /**
   * Closes all connections, those that read first, leaves the whole database in its file, and gives back the right to
   * poll if it was taken.
   *
   * @throws Error when all is closed but the file alone is not the whole database.
   */
  release(): void;
}

/** A database that is only looked at. */
export type ReadOnlyConnection = Pick<Connections, 'reader' | 'release'>;

/** An adapter that carries our engine, so that it is found wherever an executor is. */
export interface EngineAdapter {
  readonly engine: Engine;
}

/** The engine behind an executor. */
export function engineOf(db: Db): Engine {
  const adapter: object = db.getExecutor().adapter;
  if (!isEngineAdapter(adapter)) throw new Error('this database was not opened by openStore');
  return adapter.engine;
}

function isEngineAdapter(adapter: object): adapter is EngineAdapter {
  return 'engine' in adapter;
}
