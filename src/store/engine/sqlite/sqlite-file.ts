import { closeSync, existsSync, fchmodSync, mkdirSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ConfigError } from '../../../domain/config-error.ts';
import { adviceOnExit } from '../../../domain/storage.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

const magic = 'SQLite format 3\0';
const openTimeoutMs = 5000;
/** Who asks whether somebody polls holds the lock for an instant. */
const lockTimeoutMs = 250;
/** Of every file that is made: hubs, webhooks and sessions have secrets in it. The engine gives its own files the same. */
const ownerOnly = 0o600;
const useAnother = 'Name another file, or move this one away; it was left as it is';

const checkAccess = 'Check that the path is right and that this user may read and write the file and its folder';

function refuse(what: string, remedy: string, cause?: unknown): ConfigError {
  return new ConfigError([{ where: 'DATABASE_URL', what, remedy }], { cause });
}

/** The words of a fault of the file system or of SQLite, or null when it is of another kind: then it is ours. */
function reasonOf(error: unknown): string | null {
  if (error instanceof Database.SqliteError) return error.message;
  return error instanceof Error && 'syscall' in error ? error.message : null;
}

/**
 * Runs `work` on a file of the database.
 *
 * @param verb what is done to it, as in "cannot be opened".
 * @throws ConfigError in place of an error of the file system or the database engine: with the remedy of the fault when
 * the disk is full, the file locked or malformed.
 */
export function withFileErrors<T>(file: string, verb: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    const reason = reasonOf(error);
    if (reason === null) throw error;
    const fault = storageFaultOf(error, file);
    const isClear = fault === 'full' || fault === 'locked' || fault === 'malformed';
    const { what, remedy } = isClear ? adviceOnExit(fault) : { what: reason, remedy: checkAccess };
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

/** Looks into an existing file through a connection that cannot write. */
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
  if (!statSync(file).isFile()) throw refuse(`${file} is not a file`, 'Name a file inside it, or another one');
  const start = firstBytes(file);
  if (start === '' && migrates) return;
  if (start === '') throw refuse(`${file} is empty`, 'Start "newswire serve", which makes the database');
  if (start !== magic) throw refuse(`${file} is not a database of Newswire`, useAnother);
  const { tables, migrations } = readSchemaNames(file);
  const newer = migrations.filter((name) => !known.includes(name));
  if (newer.length > 0) {
    throw refuse(
      `${file} was written by a newer Newswire (it has ${newer.join(', ')}, which this one does not know)`,
      'Run that version or a later one; the file was left as it is',
    );
  }
  if (tables.length > 0 && !tables.includes('kysely_migration')) {
    throw refuse(`${file} is a database of another program (it has the table ${tables[0]})`, useAnother);
  }
  const lacking = known.filter((name) => !migrations.includes(name));
  if (!migrates && lacking.length > 0) {
    throw refuse(
      `${file} was written by an older Newswire (it lacks ${lacking.join(', ')})`,
      'Start "newswire serve" of this version, which brings it up to date; the file was left as it is',
    );
  }
}

/** What a file is to hold. */
export interface ExpectedSchema {
  /** Names of the migrations that this program has. */
  readonly known: readonly string[];
  /** Whether the file may be made, or brought up to date. */
  readonly migrates: boolean;
}

/**
 * Makes sure that a path can hold our database, without changing what is there: makes the folder, if the file may be
 * made, and looks into a file that exists.
 *
 * @returns the real path, so that two links to one file are one database.
 * @throws ConfigError that says what is wrong with it.
 */
export function checkFile(file: string, schema: ExpectedSchema): string {
  if (file === '' || file.startsWith(':')) {
    throw refuse(`sqlite:${file} names no file`, 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite');
  }
  const place = path.resolve(file);
  if (schema.migrates)
    withFileErrors(path.dirname(place), 'made', () => mkdirSync(path.dirname(place), { recursive: true }));
  return withFileErrors(place, 'opened', () => {
    const isThere = existsSync(place);
    if (!isThere && !schema.migrates) throw refuse(`there is no file ${place}`, '"newswire serve" makes it');
    if (!isThere) return path.join(realpathSync(path.dirname(place)), path.basename(place));
    const real = realpathSync(place);
    checkContents(real, schema);
    return real;
  });
}

/** Makes a file that its owner alone may open, whatever the umask; one that is there keeps the mode that it has. */
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

/** A file and who may open it. */
export interface FileMode {
  readonly file: string;
  /** The permission bits. */
  readonly mode: number;
}

/** The files of a database that others than their owner may open. None where the system has no such permissions. */
export function filesOpenToOthers(place: string): FileMode[] {
  if (process.platform === 'win32') return [];
  const files = ['', '-wal', '-shm', '.lock', '.announced'].map((suffix) => `${place}${suffix}`);
  return files
    .filter((file) => existsSync(file))
    .map((file) => ({ file, mode: statSync(file).mode & 0o777 }))
    .filter(({ mode }) => (mode & 0o077) !== 0);
}

/**
 * Opens a connection that may write, with the same words for what goes wrong.
 *
 * @param busyTimeoutMs how long a statement waits for another writer. Opening itself may wait longer: nothing else
 * goes on yet, and two processes may be making the same file at once.
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

/** Opens a connection that cannot write, with the same words for what goes wrong. */
export function openForReading(file: string, busyTimeoutMs: number): Database.Database {
  return withFileErrors(
    file,
    'opened',
    () => new Database(file, { timeout: busyTimeoutMs, readonly: true, fileMustExist: true }),
  );
}

/**
 * Takes the right to poll with a database file and holds it until it is given back or the process ends, however it
 * ends: the lock is the kernel's, on a file beside the database, so that nothing is left behind by a kill.
 *
 * @returns gives the right back.
 * @throws ConfigError when another process has it.
 */
export function acquirePollLock(file: string): () => void {
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
  return () => {
    lock.close();
  };
}

/** Whether some process has the right to poll with a database file now. */
export function isPollLockHeld(file: string): boolean {
  const place = path.resolve(file);
  const lockFile = `${existsSync(place) ? realpathSync(place) : place}.lock`;
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
