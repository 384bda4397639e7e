import type Database from 'better-sqlite3';
import type { SqliteDatabase, SqliteStatement } from 'kysely';

const maxStatements = 500;

/** Stands before a statement that is run once for each of many rows; its parameters are the rows, each a list. */
export const forEachRow = '/* for each row */ ';
/** The same for an insertion, which gives back the `id` of each row. RETURNING takes as long as inserting does. */
export const forEachRowReturningIds = '/* for each row, its id */ ';

/** How the statements of a connection differ from those of the engine. */
export interface StatementOptions {
  /** What `begin` is. */
  readonly beginSql: 'begin' | 'begin immediate';
  /** Called right after each commit, before anybody else can read what was committed. Must not throw. */
  readonly onCommit?: () => void;
  /** The error that is thrown instead of one of the engine's. */
  readonly mapError?: (error: unknown) => unknown;
}

/**
 * Keeps statements prepared, which Kysely's own driver does not, and makes `begin` take the write lock at once: a
 * deferred transaction that reads first and then writes fails when another process wrote in between, and no waiting
 * helps it.
 */
export class StatementCache implements SqliteDatabase {
  readonly #database: Database.Database;
  readonly #options: StatementOptions;
  readonly #statements = new Map<string, SqliteStatement>();

  constructor(database: Database.Database, options: StatementOptions) {
    this.#database = database;
    this.#options = options;
  }

  prepare(query: string): SqliteStatement {
    const known = this.#statements.get(query);
    if (known !== undefined) return known;
    if (this.#statements.size >= maxStatements) this.#statements.clear();
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
      const givesIds = prefix === forEachRowReturningIds;
      if (query.startsWith(prefix)) return new BatchStatement(this.#database, query.slice(prefix.length), givesIds);
    }
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
      // On a full disk, among others, the engine has rolled back by itself: again would hide the first error.
      if (this.#database.inTransaction) statement.run();
    });
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** A statement without parameters and rows. */
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
 * A statement over many rows. One of its own for each row costs less than one for all: values need no wrapping, and the
 * engine keeps no journal for taking a half-run statement back. All of them, or none: outside of a transaction they
 * have one of their own.
 */
class BatchStatement implements SqliteStatement {
  /** Whether it gives rows back. */
  readonly reader: boolean;
  readonly #database: Database.Database;
  readonly #statement: Database.Statement;

  constructor(database: Database.Database, query: string, givesIds: boolean) {
    this.#database = database;
    this.#statement = database.prepare(query);
    this.reader = givesIds;
  }

  all(rows: readonly unknown[]): { id: number }[] {
    return this.#together(() => rows.map((row) => ({ id: Number(this.#statement.run(row).lastInsertRowid) })));
  }

  run(rows: readonly unknown[]): { changes: number; lastInsertRowid: number } {
    return this.#together(() => {
      let changes = 0;
      for (const row of rows) changes += this.#statement.run(row).changes;
      return { changes, lastInsertRowid: 0 };
    });
  }

  iterate(): IterableIterator<unknown> {
    throw new Error('a statement over many rows gives them all at once');
  }

  #together<T>(work: () => T): T {
    return this.#database.inTransaction ? work() : this.#database.transaction(work)();
  }
}
