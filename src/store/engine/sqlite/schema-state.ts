import { closeSync, openSync, readSync } from 'node:fs';
import Database from 'better-sqlite3';

const magic = 'SQLite format 3\0';
const openTimeoutMs = 5000;
/** A migration of the layout that the present migrations replaced. None of them converts it. */
const replacedMigration = '0001-initial';

/** What a file contains, compared with the migrations of this version. */
export type SchemaState =
  /** No bytes. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'not-sqlite' }
  /** A database of another program. */
  | { readonly kind: 'foreign'; readonly table: string }
  /** The layout of an earlier development version. */
  | { readonly kind: 'replaced' }
  | { readonly kind: 'newer'; readonly unknown: readonly string[] }
  /** It lacks migrations; all of them if it has no tables. */
  | { readonly kind: 'older'; readonly missing: readonly string[] }
  | { readonly kind: 'current' };

/** The offset of the byte that is 2 in a database in WAL mode (file format, section 1.3.3). */
const writeVersionOffset = 18;
const walVersion = 2;

function firstBytes(file: string): Buffer {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(writeVersionOffset + 1);
    return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
}

/** Whether a file is a database in WAL mode: reading it creates files beside it. */
export function isInWalMode(file: string): boolean {
  return firstBytes(file)[writeVersionOffset] === walVersion;
}

/** Reads the names of the tables and the applied migrations through a read-only connection. */
function readSchemaNames(file: string): { tables: string[]; migrations: string[] } {
  const database = new Database(file, { readonly: true, fileMustExist: true, timeout: openTimeoutMs });
  try {
    const tables = database.prepare<[], string>(`select name from sqlite_schema where type = 'table'`).pluck().all();
    const migrations = tables.includes('kysely_migration')
      ? database.prepare<[], string>('select name from kysely_migration order by name').pluck().all()
      : [];
    return { tables, migrations };
  } finally {
    database.close();
  }
}

/**
 * Reads what a file contains, without changing it. Must not be called while this process has the file open: closing a
 * file releases the locks that the process holds on it.
 *
 * @param known the names of the migrations of this version, in order.
 * @throws an error of the file system or SQLite when the file cannot be read.
 */
export function readSchemaState(file: string, known: readonly string[]): SchemaState {
  const start = firstBytes(file).toString('latin1', 0, magic.length);
  if (start === '') return { kind: 'empty' };
  if (start !== magic) return { kind: 'not-sqlite' };
  const { tables, migrations } = readSchemaNames(file);
  if (migrations.includes(replacedMigration)) return { kind: 'replaced' };
  const unknown = migrations.filter((name) => !known.includes(name));
  if (unknown.length > 0) return { kind: 'newer', unknown };
  const [table] = tables;
  if (table !== undefined && !tables.includes('kysely_migration')) return { kind: 'foreign', table };
  const missing = known.filter((name) => !migrations.includes(name));
  return missing.length > 0 ? { kind: 'older', missing } : { kind: 'current' };
}
