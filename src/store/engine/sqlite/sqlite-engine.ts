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
import { acquirePollLock } from './file-locks.ts';
import { checkFile, type ExpectedSchema, openForReading, openForWriting } from './sqlite-file.ts';
import { forEachRow, forEachRowReturningIds, StatementCache, untilDone } from './sqlite-statements.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

/** SQLite's busy wait blocks the event loop, so it is short: the store retries with pauses in between. */
const busyTimeoutMs = 50;
/** Of a read-only connection: its process does nothing else. */
const readOnlyTimeoutMs = 5000;
/** How long the last checkpoint waits for the readers of other processes. */
const checkpointTimeoutMs = 1000;

class Adapter extends SqliteAdapter implements EngineAdapter {
  readonly engine = sqliteEngine;

  /** SQLite has transactional DDL, which Kysely does not assume: a migration is applied completely or not at all. */
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

function createDialect(database: SqliteDatabase): Dialect {
  const sqlite = new SqliteDialect({ database });
  return {
    createDriver: () => sqlite.createDriver(),
    createQueryCompiler: () => sqlite.createQueryCompiler(),
    createIntrospector: (db) => sqlite.createIntrospector(db),
    createAdapter: () => new Adapter(),
  };
}

/** How a database file is opened. */
export interface ConnectOptions extends ExpectedSchema {
  /** Whether this process polls. */
  readonly poller: boolean;
  /** Maps the error of a failed read to the error that is thrown. */
  readonly readError: (error: unknown) => unknown;
}

/**
 * Opens a database file. Creates the file and its folder if they are missing and `migrates` is true.
 *
 * @throws ConfigError when the file cannot be used; it is left unchanged.
 */
export function connectSqlite(file: string, options: ConnectOptions): Connections {
  const realFile = checkFile(file, options);
  const lock = options.poller ? acquirePollLock(realFile) : null;
  try {
    const writer = openForWriting(realFile, busyTimeoutMs);
    // A power cut must not undo a commit: a consumer of the log may have seen its events already.
    writer.pragma('synchronous = FULL');
    writer.pragma('foreign_keys = ON');
    // Lets the -wal file shrink again after a burst of writes.
    writer.pragma('journal_size_limit = 67108864');
    const reader = openForReading(realFile, busyTimeoutMs);
    // A separate connection: inside a read transaction the reader would not see later commits.
    const watcher = openForReading(realFile, busyTimeoutMs);
    const version = watcher.prepare<[], number>('pragma data_version').pluck();
    let committed = (): void => {};
    let position: Database.Statement<[], Cursor> | null = null;
    return {
      engine: sqliteEngine,
      file: realFile,
      writer: createDialect(new StatementCache(writer, { beginSql: 'begin immediate', onCommit: () => committed() })),
      reader: createDialect(new StatementCache(reader, { beginSql: 'begin', mapError: options.readError })),
      dataVersion: () => readDataVersion(version, options.readError),
      onCommit(listener) {
        committed = listener;
      },
      logPosition() {
        position ??= writer.prepare<[], Cursor>('select epoch, head as seq from event_log');
        return position.get() ?? null;
      },
      faultOf: (error) => storageFaultOf(error, realFile),
      close() {
        try {
          for (const connection of [watcher, reader]) connection.close();
          closeWriter(writer, options.poller);
        } finally {
          lock?.release();
        }
      },
      holdsPollLock: () => lock?.isHeld() ?? false,
    };
  } catch (error) {
    lock?.release();
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
    // Reports the fault. The next query throws the error; here, unknown is always correct.
    readError(error);
    return null;
  }
}

/**
 * Closes the writer, after the readers: the connection that closes last checkpoints the write-ahead log into the file,
 * which a read-only connection cannot. The poller runs the checkpoint itself, since readers of other processes may stay
 * open.
 *
 * @param checkpoints whether to run the checkpoint.
 * @throws Error when the file alone is not the whole database afterwards.
 */
function closeWriter(writer: Database.Database, checkpoints: boolean): void {
  try {
    if (!checkpoints || !writer.open) return;
    writer.pragma(`busy_timeout = ${checkpointTimeoutMs}`);
    const [result] = writer.pragma('wal_checkpoint(TRUNCATE)') as { readonly busy: number }[];
    if (result?.busy !== 0) {
      throw new Error('the -wal file still contains a part of the database, since another program is reading it');
    }
  } finally {
    writer.close();
  }
}

/**
 * Opens an existing, migrated database file read-only: nothing is created, changed or locked.
 *
 * @throws ConfigError when the file cannot be read, or its schema is of another version.
 */
export function connectSqliteReadOnly(file: string, known: readonly string[]): ReadOnlyConnection {
  const realFile = checkFile(file, { known, migrates: false });
  const reader = openForReading(realFile, readOnlyTimeoutMs);
  return {
    reader: createDialect(new StatementCache(reader, { beginSql: 'begin' })),
    close: () => void reader.close(),
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

/** An FTS5 expression. Double quotes make each phrase literal, even where its words are operators. */
function toMatchExpression(phrases: readonly Phrase[], operator: 'AND' | 'OR'): string {
  return phrases.map((words) => `"${words.join(' ').replaceAll('"', '""')}"`).join(` ${operator} `);
}

/**
 * Restricts the search index to a range of ids. The cast is required: better-sqlite3 binds numbers as floating-point, for
 * which FTS5 does not use the range and reads all matches.
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
  jsonValues<T>(json: string) {
    return sql<T>`(select value from json_each(${json}))`;
  },
  jsonTable(json: string) {
    return sql`json_each(${json}) as each`;
  },
  jsonNumber(column: RawBuilder<unknown>, name: string) {
    return sql<number>`(${column} ->> ${sql.lit(name)})`;
  },
  async createSearchIndex(db: Db) {
    // Contentless: it stores the index only. The texts are in `item`.
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
      `(${toMatchExpression(phrases.anyOf, 'OR')})`,
    ].join(' AND ');
    const range = { fromId: Math.min(...itemIds), belowId: Math.max(...itemIds) + 1 };
    const { rows } = await sql<{ id: number }>`select rowid as id from item_search
      where item_search match ${all} and ${within(range)}`.execute(db);
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
  async readSpace(db: Db) {
    const pragma = async (name: string): Promise<number> => {
      const { rows } = await sql<Record<string, number>>`${sql.raw(`pragma ${name}`)}`.execute(db);
      return rows[0]?.[name] ?? 0;
    };
    const incremental = 2;
    return {
      pages: await pragma('page_count'),
      unused: await pragma('freelist_count'),
      canShrink: (await pragma('auto_vacuum')) === incremental,
    };
  },
  async releasePages(tx: Db, pages: number) {
    await tx.executeQuery(
      CompiledQuery.raw(`${untilDone}pragma incremental_vacuum(${Math.max(1, Math.trunc(pages))})`),
    );
  },
  isBusy(error: unknown) {
    return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
  },
};
