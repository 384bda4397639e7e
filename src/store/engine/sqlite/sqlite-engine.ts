import Database from 'better-sqlite3';
import {
  CompiledQuery,
  type Dialect,
  type RawBuilder,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  sql,
} from 'kysely';
import type { Cursor } from '../../../domain/events/event.ts';
import type { Phrase } from '../../../domain/search/search-query.ts';
import type {
  Connections,
  Db,
  Engine,
  EngineAdapter,
  IndexedText,
  Insertion,
  ReadOnlyConnection,
  RowUpdate,
  SearchRange,
  TextCondition,
} from '../engine.ts';
import { acquirePollLock, checkFile, type ExpectedSchema, openForReading, openForWriting } from './sqlite-file.ts';
import { forEachRow, forEachRowReturningIds, StatementCache } from './sqlite-statements.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

/** A busy wait blocks the whole event loop: it stays short, and `write` tries again with pauses between. */
const busyTimeoutMs = 50;
/** Of a process that does nothing else. */
const readOnlyTimeoutMs = 5000;
/** How long the last checkpoint waits for readers of other processes. */
const checkpointTimeoutMs = 1000;

class Adapter extends SqliteAdapter implements EngineAdapter {
  readonly engine = sqliteEngine;

  /** It can, whatever Kysely assumes: a migration is whole or not there. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDialect(database: SqliteDatabase): Dialect {
  const plain = new SqliteDialect({ database });
  return {
    createDriver: () => plain.createDriver(),
    createQueryCompiler: () => plain.createQueryCompiler(),
    createIntrospector: (db) => plain.createIntrospector(db),
    createAdapter: () => new Adapter(),
  };
}

/** How a database file is opened. */
export interface ConnectOptions extends ExpectedSchema {
  /** Whether this process polls. */
  readonly poller: boolean;
  /** The error that a failed read throws instead of the engine's. */
  readonly readError: (error: unknown) => unknown;
}

/**
 * Opens a database file, making it and its folder when they are not there yet and the schema may be made.
 *
 * @throws ConfigError when the file cannot be used; it is then as it was.
 */
export function connectSqlite(file: string, options: ConnectOptions): Connections {
  const place = checkFile(file, options);
  const unlock = options.poller ? acquirePollLock(place) : () => {};
  try {
    const writer = openForWriting(place, busyTimeoutMs);
    // A reader of the log may never hold a seq that a power cut can take back.
    writer.pragma('synchronous = FULL');
    writer.pragma('foreign_keys = ON');
    // After a burst the log file of the database shrinks again.
    writer.pragma('journal_size_limit = 67108864');
    const reader = openForReading(place, busyTimeoutMs);
    // A connection of its own: within a read transaction the reader would not see what was committed since it began.
    const watcher = openForReading(place, busyTimeoutMs);
    const version = watcher.prepare<[], number>('pragma data_version').pluck();
    let committed = (): void => {};
    let position: Database.Statement<[], Cursor> | null = null;
    return {
      engine: sqliteEngine,
      file: place,
      writer: createDialect(new StatementCache(writer, { beginSql: 'begin immediate', onCommit: () => committed() })),
      reader: createDialect(new StatementCache(reader, { beginSql: 'begin', mapError: options.readError })),
      dataVersion: () => readDataVersion(version, options.readError),
      onCommit(listener) {
        committed = listener;
      },
      logPosition() {
        position ??= writer.prepare<[], Cursor>('select epoch, head as seq from stream_head');
        return position.get() ?? null;
      },
      faultOf: (error) => storageFaultOf(error, place),
      release() {
        try {
          for (const connection of [watcher, reader]) connection.close();
          closeWriter(writer, options.poller);
        } finally {
          unlock();
        }
      },
    };
  } catch (error) {
    unlock();
    throw error;
  }
}

function readDataVersion(
  version: Database.Statement<[], number>,
  readError: (error: unknown) => unknown,
): number | null {
  try {
    return version.get() ?? null;
  } catch (error) {
    // What is wrong is told by whoever reads more than this; unknown is always a right answer.
    readError(error);
    return null;
  }
}

/**
 * Closes the writer, after the readers: the connection that closes last empties the write-ahead log into the file, which
 * one that only reads cannot. The process that polls empties it itself, for readers of other processes may live on.
 *
 * @throws Error when the file alone is not the whole database then.
 */
function closeWriter(writer: Database.Database, empties: boolean): void {
  try {
    if (!empties || !writer.open) return;
    writer.pragma(`busy_timeout = ${checkpointTimeoutMs}`);
    const [result] = writer.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
    if (result?.busy !== 0) {
      throw new Error('the -wal file still holds a part of the database, since another program is reading it');
    }
  } finally {
    writer.close();
  }
}

/**
 * Opens a database file that is there and up to date, to look at it only: nothing is made, changed or locked.
 *
 * @throws ConfigError when the file cannot be read, or is of another version.
 */
export function connectSqliteReadOnly(file: string, known: readonly string[]): ReadOnlyConnection {
  const place = checkFile(file, { known, migrates: false });
  const reader = openForReading(place, readOnlyTimeoutMs);
  return {
    reader: createDialect(new StatementCache(reader, { beginSql: 'begin' })),
    release: () => void reader.close(),
  };
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function columnList(names: readonly string[]): string {
  return names.map(quoted).join(', ');
}

function insert({ table, columns }: Insertion): string {
  return `insert into ${quoted(table)} (${columnList(columns)}) values (${columns.map(() => '?').join(', ')})`;
}

/** Phrases of FTS5: words in double quotes stand for themselves, whatever they are. */
function toMatchExpression(phrases: readonly Phrase[], operator: 'AND' | 'OR'): string {
  return phrases.map((words) => `"${words.join(' ').replaceAll('"', '""')}"`).join(` ${operator} `);
}

/**
 * Bounds of ids for the search index. Numbers are bound as floating-point ones, of which the index makes no use: it would
 * read all matches there are.
 */
function within({ fromId, belowId }: Omit<SearchRange, 'limit'>): RawBuilder<unknown> {
  return sql`rowid >= cast(${fromId} as integer) and rowid < cast(${belowId} as integer)`;
}

const sqliteEngine: Engine = {
  async insert(db: Db, insertion: Insertion, rows: readonly unknown[][]) {
    await db.executeQuery(CompiledQuery.raw(`${forEachRow}${insert(insertion)}`, rows as unknown[]));
  },
  async insertReturningIds(db: Db, insertion: Insertion, rows: readonly unknown[][]) {
    const query = CompiledQuery.raw(`${forEachRowReturningIds}${insert(insertion)}`, rows as unknown[]);
    return (await db.executeQuery<{ id: number }>(query as CompiledQuery<{ id: number }>)).rows.map(({ id }) => id);
  },
  async update(db: Db, { table, columns, by }: RowUpdate, rows: readonly unknown[][]) {
    const set = columns.map((name) => `${quoted(name)} = ?`).join(', ');
    const text = `update ${quoted(table)} set ${set} where ${quoted(by)} = ?`;
    await db.executeQuery(CompiledQuery.raw(`${forEachRow}${text}`, rows as unknown[]));
  },
  jsonValues(json: string) {
    return sql`(select value from json_each(${json}))`;
  },
  jsonTable(json: string) {
    return sql`json_each(${json}) as each`;
  },
  jsonNumber(column: RawBuilder<unknown>, name: string) {
    return sql<number>`(${column} ->> ${sql.lit(name)})`;
  },
  async createSearchIndex(db: Db) {
    // Holds the index alone; the words stand in `item`.
    await sql`create virtual table if not exists item_search using fts5(
      text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2')`.execute(db);
  },
  async indexTexts(db: Db, texts: readonly IndexedText[]) {
    const query = `${forEachRow}insert or replace into item_search (rowid, text) values (?, ?)`;
    const rows = texts.map(({ itemId, text }) => [itemId, text]);
    await db.executeQuery(CompiledQuery.raw(query, rows));
  },
  async removeTexts(db: Db, itemIds: readonly number[]) {
    const json = JSON.stringify(itemIds);
    await sql`delete from item_search where rowid in (select value from json_each(${json}))`.execute(db);
  },
  async filterByText(db: Db, phrases: TextCondition, itemIds: readonly number[]) {
    if (itemIds.length === 0) return [];
    const all = [
      ...phrases.all.map((phrase) => toMatchExpression([phrase], 'AND')),
      `(${toMatchExpression(phrases.oneOf, 'OR')})`,
    ].join(' AND ');
    const span = { fromId: Math.min(...itemIds), belowId: Math.max(...itemIds) + 1 };
    const { rows } = await sql<{ id: number }>`select rowid as id from item_search
      where item_search match ${all} and ${within(span)}`.execute(db);
    const found = new Set(rows.map(({ id }) => id));
    return itemIds.filter((id) => found.has(id));
  },
  async searchTexts(db: Db, phrases: readonly Phrase[], page: SearchRange) {
    const { rows } = await sql<{ id: number }>`select rowid as id from item_search
      where item_search match ${toMatchExpression(phrases, 'AND')} and ${within(page)}
      order by rowid desc limit ${page.limit}`.execute(db);
    return rows.map(({ id }) => id);
  },
  async rankTexts(db: Db, phrases: readonly Phrase[], page: SearchRange) {
    const { rows } = await sql<{ id: number; rank: number }>`select rowid as id, rank from item_search
      where item_search match ${toMatchExpression(phrases, 'AND')} and ${within(page)}
      order by rowid desc limit ${page.limit}`.execute(db);
    return rows.sort((a, b) => a.rank - b.rank).map(({ id }) => id);
  },
  isBusy(error: unknown) {
    return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
  },
};
