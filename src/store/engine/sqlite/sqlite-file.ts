import { closeSync, existsSync, fchmodSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { assertNever } from '../../../domain/assert-never.ts';
import { ConfigError } from '../../../domain/config-error.ts';
import { adviceOnExit, type StorageAdvice } from '../../../domain/storage.ts';
import type { FileMode } from '../store.ts';
import { readSchemaState } from './schema-state.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

const openTimeoutMs = 5000;
/**
 * The mode of created files: they hold secrets of hubs, webhooks and sessions. SQLite gives its -wal and -shm files the
 * mode of the database file.
 */
const ownerOnly = 0o600;
const useAnother = 'Name another file, or move this one away; it was left unchanged';
const checkAccess = 'Check the path, and that this user can read and write the file and its folder';

function refuse(what: string, remedy: string, cause?: unknown): ConfigError {
  return new ConfigError([{ where: 'DATABASE_URL', what, remedy }], { cause });
}

/** The message of an error of the file system or SQLite. Null: a fault of Newswire. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Database.SqliteError) return error.message;
  return error instanceof Error && 'syscall' in error ? error.message : null;
}

/** Describes an error of the file system or SQLite: the reason and the remedy. Null: a fault of Newswire. */
export function adviceOnFileError(error: unknown, file: string): StorageAdvice | null {
  const reason = reasonOf(error);
  if (reason === null) return null;
  const fault = storageFaultOf(error, file);
  const hasAdvice = fault === 'full' || fault === 'locked' || fault === 'malformed';
  return hasAdvice ? adviceOnExit(fault) : { what: reason, remedy: checkAccess };
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
    const advice = adviceOnFileError(error, file);
    if (advice === null) throw error;
    const { what, remedy } = advice;
    throw refuse(`${file} cannot be ${verb} (${what})`, remedy, error);
  }
}

function checkContents(file: string, { known, migrates, acceptsOlder = migrates }: ExpectedSchema): void {
  if (!statSync(file).isFile()) throw refuse(`${file} is not a file`, 'Name a file in that folder, or another file');
  const state = readSchemaState(file, known);
  switch (state.kind) {
    case 'current':
      return;
    case 'empty':
      if (migrates) return;
      throw refuse(`${file} is empty`, 'Start "newswire serve", which creates the database');
    case 'not-sqlite':
      throw refuse(`${file} is not a database of Newswire`, useAnother);
    case 'foreign':
      throw refuse(`${file} is a database of another program (it has the table ${state.table})`, useAnother);
    case 'replaced':
      throw refuse(
        `${file} has the layout of an earlier development version of Newswire, which this version cannot read`,
        `Start afresh: move ${file} and the files whose names begin with it to another folder, and start again. ` +
          'All declared sources are polled again; older items, comments, read counts and the positions of webhooks are not carried over',
      );
    case 'newer':
      throw refuse(
        `${file} was written by a newer Newswire (it has ${state.unknown.join(', ')}, which this one does not know)`,
        'Run that version or a later one; the file was left unchanged',
      );
    case 'older':
      if (acceptsOlder) return;
      throw refuse(
        `${file} was written by an older Newswire (it lacks ${state.missing.join(', ')})`,
        'Start "newswire serve" of this version, which migrates it; the file was left unchanged',
      );
    default:
      assertNever(state);
  }
}

/** The schema that a database file must have. */
export interface ExpectedSchema {
  /** The names of the migrations of this version. */
  readonly known: readonly string[];
  /** Whether the file may be created, or migrated. */
  readonly migrates: boolean;
  /** Whether the file may lack migrations although it is not migrated. Default: false. */
  readonly acceptsOlder?: boolean;
}

/**
 * Checks that a path is, or can become, a Newswire database. Creates the folder if the file may be created, and reads an
 * existing file without changing it.
 *
 * @returns the real path, so that two links to one file are the same database.
 * @throws ConfigError when it is neither.
 */
export function checkFile(file: string, schema: ExpectedSchema): string {
  const real = resolveDatabase(file, schema.migrates);
  const exists = existsSync(real);
  if (!exists && !schema.migrates) throw refuse(`the file ${real} does not exist`, '"newswire serve" creates it');
  if (exists) withFileErrors(real, 'opened', () => checkContents(real, schema));
  return real;
}

/**
 * The real path of a database file, which may not exist.
 *
 * @param creates whether its folder is created if it is missing.
 * @throws ConfigError when the path is not that of a file.
 */
export function resolveDatabase(file: string, creates: boolean): string {
  if (file === '' || file.startsWith(':')) {
    throw refuse(`sqlite:${file} does not name a file`, 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite');
  }
  const resolved = path.resolve(file);
  const folder = path.dirname(resolved);
  if (creates) withFileErrors(folder, 'created', () => mkdirSync(folder, { recursive: true }));
  return withFileErrors(resolved, 'opened', () => {
    if (existsSync(resolved)) return realpathSync(resolved);
    return existsSync(folder) ? path.join(realpathSync(folder), path.basename(resolved)) : resolved;
  });
}

/** Creates a file that only its owner can open, whatever the umask. An existing file keeps its mode. */
export function createOwnerOnly(file: string): void {
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
      // Lets a new database shrink. Has no effect on an existing one, and none after the next statement.
      database.pragma('auto_vacuum = incremental');
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
