import type Database from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import { LruCache } from '../../../runtime/lru-cache.ts';

const maxStatements = 500;

/** Prefix of a statement that runs once for each of many rows. Its parameters are the rows, each a list of values. */
export const forEachRow = '/* for each row */ ';
/** Like `forEachRow`, for an insertion that returns the `id` of each row. RETURNING would double the time. */
export const forEachRowReturningIds = '/* for each row, returning its id */ ';

/** Prefix of a statement that returns no columns and is not done after its first step, such as an incremental vacuum. */
export const untilDone = '/* until done */ ';

/** How a connection changes the statements that it runs. */
export interface StatementOptions {
  /** The statement that replaces `begin`. */
  readonly beginSql: 'begin' | 'begin immediate';
  /** Called synchronously after each commit, before anything in this process can read it. Must not throw. */
  readonly onCommit?: () => void;
  /** Maps an error of the engine to the error that is thrown. */
  readonly mapError?: (error: unknown) => unknown;
}

/**
 * Caches prepared statements, which Kysely's driver does not, and lets `begin` take the write lock immediately: a deferred
 * transaction that reads first and then writes fails when another process wrote in between, however long it waits.
 */
export class StatementCache implements SqliteDatabase {
  readonly #database: Database.Database;
  readonly #options: StatementOptions;
  readonly #statements = new LruCache<SqliteStatement>({ maxEntries: maxStatements });

  constructor(database: Database.Database, options: StatementOptions) {
    this.#database = database;
    this.#options = options;
  }

  prepare(query: string): SqliteStatement {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    const { mapError } = this.#options;
    const statement = mapError === undefined ? this.#prepare(query) : this.#prepareGuarded(query, mapError);
    this.#statements.set(query, statement);
    return statement;
  }

  #prepareGuarded(query: string, errorFor: (error: unknown) => unknown): SqliteStatement {
    const guarded = <T>(work: () => T): T => {
      try {
        return work();
      } catch (error) {
        throw errorFor(error);
      }
    };
    const statement = guarded(() => this.#prepare(query));
    return {
      reader: statement.reader,
      all: (parameters) => guarded(() => statement.all(parameters)),
      run: (parameters) => guarded(() => statement.run(parameters)),
      iterate: (parameters) => statement.iterate(parameters),
    };
  }

  #prepare(query: string): SqliteStatement {
    for (const prefix of [forEachRow, forEachRowReturningIds]) {
      const returnsIds = prefix === forEachRowReturningIds;
      if (query.startsWith(prefix)) return new BatchStatement(this.#database, query.slice(prefix.length), returnsIds);
    }
    if (query.startsWith(untilDone)) return command(() => void this.#database.exec(query.slice(untilDone.length)));
    const statement = this.#database.prepare(query === 'begin' ? this.#options.beginSql : query);
    if (query === 'commit') return this.#commit(statement);
    if (query === 'rollback') return this.#rollBack(statement);
    return statement;
  }

  #commit(statement: Database.Statement): SqliteStatement {
    return command(() => {
      statement.run();
      this.#options.onCommit?.();
    });
  }

  #rollBack(statement: Database.Statement): SqliteStatement {
    return command(() => {
      // SQLite rolls back by itself after some errors, such as a full disk. A second rollback would hide the first error.
      if (this.#database.inTransaction) statement.run();
    });
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** A statement that has no parameters and returns no rows. */
function command(run: () => void): SqliteStatement {
  return {
    reader: false,
    run() {
      run();
      return { changes: 0, lastInsertRowid: 0 };
    },
    all: () => [],
    iterate: () => [].values(),
  };
}

/**
 * Runs one prepared statement for each of many rows. That is cheaper than one statement for all rows: values need no
 * wrapping in JSON, and SQLite needs no statement journal. The batch is atomic: outside a transaction it begins its own.
 */
class BatchStatement implements SqliteStatement {
  /** Whether it returns rows. */
  readonly reader: boolean;
  readonly #database: Database.Database;
  readonly #statement: Database.Statement;

  constructor(database: Database.Database, query: string, returnsIds: boolean) {
    this.#database = database;
    this.#statement = database.prepare(query);
    this.reader = returnsIds;
  }

  all(rows: readonly unknown[]): { id: number }[] {
    return this.#atomically(() => rows.map((row) => ({ id: Number(this.#statement.run(row).lastInsertRowid) })));
  }

  run(rows: readonly unknown[]): { changes: number; lastInsertRowid: number } {
    return this.#atomically(() => {
      let changes = 0;
      for (const row of rows) changes += this.#statement.run(row).changes;
      return { changes, lastInsertRowid: 0 };
    });
  }

  iterate(): IterableIterator<unknown> {
    throw new Error('a batch statement cannot be iterated');
  }

  #atomically<T>(work: () => T): T {
    return this.#database.inTransaction ? work() : this.#database.transaction(work)();
  }
}
