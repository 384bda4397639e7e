import { closeSync, existsSync, fchmodSync, mkdirSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ConfigError } from '../../../domain/config-error.ts';
import { adviceOnExit } from '../../../domain/storage.ts';
import type { FileMode } from '../store.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

const magic = 'SQLite format 3\0';
const openTimeoutMs = 5000;
/** `isPollLockHeld` of another process holds the lock for an instant. */
const lockTimeoutMs = 250;
/**
 * The mode of created files: they hold secrets of hubs, webhooks and sessions. SQLite gives its -wal and -shm files the
 * mode of the database file.
 */
const ownerOnly = 0o600;
const useAnother = 'Name another file, or move this one away; it was left unchanged';
/** A migration of the layout that the present migrations replaced. None of them converts it. */
const replacedMigration = '0001-initial';
const checkAccess = 'Check the path, and that this user can read and write the file and its folder';

function refuse(what: string, remedy: string, cause?: unknown): ConfigError {
  return new ConfigError([{ where: 'DATABASE_URL', what, remedy }], { cause });
}

/** The message of an error of the file system or SQLite. Null: a fault of Newswire. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Database.SqliteError) return error.message;
  return error instanceof Error && 'syscall' in error ? error.message : null;
}

/**
 * Runs `work` on a file of the database and maps its errors.
 *
 * @param verb a participle for the message, as in "cannot be opened".
 * @throws ConfigError in place of an error of the file system or SQLite. It names the remedy of the fault when the disk
 *   is full, or the file is locked or malformed.
 * @throws any other error of `work`.
 */
export function withFileErrors<T>(file: string, verb: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    const fault = storageFaultOf(error, file);
    const hasAdvice = fault === 'full' || fault === 'locked' || fault === 'malformed';
    const { what, remedy } = hasAdvice ? adviceOnExit(fault) : { what: reason, remedy: checkAccess };
    throw refuse(`${file} cannot be ${verb} (${what})`, remedy, error);
  }
}

function firstBytes(file: string): string {
  const handle = openSync(file, 'r');
  try {
    const bytes = Buffer.alloc(magic.length);
    return bytes.toString('latin1', 0, readSync(handle, bytes, 0, bytes.length, 0));
  } finally {
    closeSync(handle);
  }
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

function checkContents(file: string, { known, migrates }: ExpectedSchema): void {
  if (!statSync(file).isFile()) throw refuse(`${file} is not a file`, 'Name a file in that folder, or another file');
  const start = firstBytes(file);
  if (start === '' && migrates) return;
  if (start === '') throw refuse(`${file} is empty`, 'Start "newswire serve", which creates the database');
  if (start !== magic) throw refuse(`${file} is not a database of Newswire`, useAnother);
  const { tables, migrations } = readSchemaNames(file);
  if (migrations.includes(replacedMigration)) {
    throw refuse(
      `${file} has the layout of an earlier development version of Newswire, which this version cannot read`,
      `Start afresh: move ${file} and the files whose names begin with it to another folder, and start again. ` +
        'All declared sources are polled again; older items, comments, read counts and the positions of webhooks are not carried over',
    );
  }
  const newer = migrations.filter((name) => !known.includes(name));
  if (newer.length > 0) {
    throw refuse(
      `${file} was written by a newer Newswire (it has ${newer.join(', ')}, which this one does not know)`,
      'Run that version or a later one; the file was left unchanged',
    );
  }
  if (tables.length > 0 && !tables.includes('kysely_migration')) {
    throw refuse(`${file} is a database of another program (it has the table ${tables[0]})`, useAnother);
  }
  const missing = known.filter((name) => !migrations.includes(name));
  if (!migrates && missing.length > 0) {
    throw refuse(
      `${file} was written by an older Newswire (it lacks ${missing.join(', ')})`,
      'Start "newswire serve" of this version, which migrates it; the file was left unchanged',
    );
  }
}

/** The schema that a database file must have. */
export interface ExpectedSchema {
  /** The names of the migrations of this version. */
  readonly known: readonly string[];
  /** Whether the file may be created, or migrated. */
  readonly migrates: boolean;
}

/**
 * Checks that a path is, or can become, a Newswire database. Creates the folder if the file may be created, and reads an
 * existing file without changing it.
 *
 * @returns the real path, so that two links to one file are the same database.
 * @throws ConfigError when it is neither.
 */
export function checkFile(file: string, schema: ExpectedSchema): string {
  if (file === '' || file.startsWith(':')) {
    throw refuse(`sqlite:${file} does not name a file`, 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite');
  }
  const resolved = path.resolve(file);
  const folder = path.dirname(resolved);
  if (schema.migrates) withFileErrors(folder, 'created', () => mkdirSync(folder, { recursive: true }));
  return withFileErrors(resolved, 'opened', () => {
    const exists = existsSync(resolved);
    if (!exists && !schema.migrates) throw refuse(`the file ${resolved} does not exist`, '"newswire serve" creates it');
    if (!exists) return path.join(realpathSync(folder), path.basename(resolved));
    const real = realpathSync(resolved);
    checkContents(real, schema);
    return real;
  });
}

/** Creates a file that only its owner can open, whatever the umask. An existing file keeps its mode. */
function createOwnerOnly(file: string): void {
  let handle: number;
  try {
    handle = openSync(file, 'wx', ownerOnly);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return;
    throw error;
  }
  try {
    fchmodSync(handle, ownerOnly);
  } finally {
    closeSync(handle);
  }
}

/** The files of a database that users other than their owner can open. Empty on Windows, which has no such permissions. */
export function filesOpenToOthers(database: string): FileMode[] {
  if (process.platform === 'win32') return [];
  const files = ['', '-wal', '-shm', '.lock', '.announced'].map((suffix) => `${database}${suffix}`);
  return files
    .filter((file) => existsSync(file))
    .map((file) => ({ file, mode: statSync(file).mode & 0o777 }))
    .filter(({ mode }) => (mode & 0o077) !== 0);
}

/**
 * Opens a connection that can write.
 *
 * @param busyTimeoutMs how long a statement waits for another writer. Opening waits longer: nothing else runs yet, and
 *   two processes may be creating the same file.
 * @throws ConfigError when the file cannot be opened.
 */
export function openForWriting(file: string, busyTimeoutMs: number): Database.Database {
  return withFileErrors(file, 'opened', () => {
    createOwnerOnly(file);
    const database = new Database(file, { timeout: openTimeoutMs });
    try {
      database.pragma('journal_mode = WAL');
      database.pragma(`busy_timeout = ${busyTimeoutMs}`);
      return database;
    } catch (error) {
      database.close();
      throw error;
    }
  });
}

/**
 * Opens a read-only connection.
 *
 * @throws ConfigError when the file cannot be opened.
 */
export function openForReading(file: string, busyTimeoutMs: number): Database.Database {
  return withFileErrors(
    file,
    'opened',
    () => new Database(file, { timeout: busyTimeoutMs, readonly: true, fileMustExist: true }),
  );
}

/** The poll lock of a database. */
export interface PollLock {
  release(): void;
  /** False when the locked file was removed or replaced: another process can poll then. */
  isHeld(): boolean;
}

/**
 * Acquires the poll lock of a database file. It is a kernel lock on a file beside the database, so it is released when the
 * process ends, even when it is killed.
 *
 * @throws ConfigError when another process holds it.
 */
export function acquirePollLock(file: string): PollLock {
  const lock = withFileErrors(`${file}.lock`, 'opened', () => {
    createOwnerOnly(`${file}.lock`);
    return new Database(`${file}.lock`, { timeout: lockTimeoutMs });
  });
  try {
    lock.exec('begin exclusive');
  } catch (error) {
    lock.close();
    if (!(error instanceof Database.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
    throw refuse(
      `another Newswire process already polls with ${file}`,
      'Stop it first, give this one a file of its own, or start it with ROLES=serve',
    );
  }
  const fileId = fileIdOf(`${file}.lock`);
  return { release: () => void lock.close(), isHeld: () => fileIdOf(`${file}.lock`) === fileId };
}

/** Identifies a file whatever its name; null: there is none. */
function fileIdOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false });
  return found === undefined ? null : `${found.dev}:${found.ino}`;
}

/** Whether a process holds the poll lock of a database file now. */
export function isPollLockHeld(file: string): boolean {
  const resolved = path.resolve(file);
  const lockFile = `${existsSync(resolved) ? realpathSync(resolved) : resolved}.lock`;
  if (!existsSync(lockFile)) return false;
  const lock = withFileErrors(lockFile, 'opened', () => new Database(lockFile, { timeout: 0, readonly: true }));
  try {
    lock.pragma('schema_version');
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return true;
    throw error;
  } finally {
    lock.close();
  }
}
