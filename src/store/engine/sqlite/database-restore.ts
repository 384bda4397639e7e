import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  linkSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { assertNever } from '../../../domain/assert-never.ts';
import type { OperationWatch, RestoreResult, RestoreStep } from '../../../domain/backups/backup.ts';
import { ConfigError } from '../../../domain/config-error.ts';
import type { Cursor } from '../../../domain/events/event.ts';
import { checkSpace, completeCopy, flushFile, flushFolder, freeDiskBytes, hasTable } from './database-copy.ts';
import { type DatedFiles, datedFile, deleteDatabaseFile, listDated, unusedPath } from './dated-files.ts';
import { isPollLockHeld, tryPollLock } from './file-locks.ts';
import { readSchemaState, type SchemaState } from './schema-state.ts';
import { adviceOnFileError, createOwnerOnly, withFileErrors } from './sqlite-file.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

const chunkBytes = 1024 * 1024;
/** How long a command that has the database open is waited for. */
const openTimeoutMs = 2000;
const nameBackup = 'Name a file that "newswire backup" wrote';

/** A restore to make. */
export interface RestoreRequest {
  /** The backup. It is not changed. */
  readonly backup: string;
  /** The real path of the database, or the path that it will have. Its folder exists. */
  readonly file: string;
  /** The names of the migrations of this version. */
  readonly known: readonly string[];
  /** The epoch that the restored log gets. */
  readonly epoch: string;
  readonly nowMs: number;
  readonly watch: OperationWatch<RestoreStep>;
  /** Records the position of the restored log beside the database. Not called if the log is not initialised. */
  record(position: Cursor): void;
}

/**
 * Replaces a database by a backup. The backup is copied beside the database, checked and flushed before anything is
 * changed, and takes the name of the database in one step, so that a process that is killed leaves the old or the new
 * database complete. The old one keeps a dated name. Holds the poll lock, so that no server starts meanwhile.
 *
 * @throws ConfigError when the backup cannot be used or a file cannot be written; the database is unchanged then.
 */
export async function restoreDatabase(request: RestoreRequest): Promise<RestoreResult> {
  const { file, backup } = request;
  checkBackupFile(request);
  const unlock = tryPollLock(file);
  if (unlock === null) return { kind: 'polling', file };
  const incoming = `${file}.restoring`;
  try {
    deleteDatabaseFile(incoming);
    return await copyAndReplace(request, incoming);
  } catch (error) {
    if (request.watch.signal?.aborted === true) return { kind: 'interrupted' };
    throw toRestoreError(error, file);
  } finally {
    withFileErrors(backup, 'restored', () => deleteDatabaseFile(incoming));
    unlock();
  }
}

async function copyAndReplace(request: RestoreRequest, incoming: string): Promise<RestoreResult> {
  const { file, backup, watch, epoch } = request;
  watch.onStep?.('copy');
  const folder = path.dirname(file);
  checkSpace({ folder, bytes: statSync(backup).size, freeBytes: freeDiskBytes });
  createOwnerOnly(incoming);
  await copyBytes(backup, incoming, watch);
  watch.onStep?.('check');
  const { damage, cursor } = checkIncoming(request, incoming);
  if (damage !== null) return { kind: 'damaged', detail: damage };
  watch.onStep?.('flush');
  const owner = statSync(file, { throwIfNoEntry: false }) ?? null;
  if (owner !== null) chmodSync(incoming, owner.mode & 0o777);
  flushFile(incoming);
  const replaced = replaceDatabase(request, incoming);
  if (replaced.kind === 'open') return { kind: 'open', file };
  watch.onStep?.('record');
  if (cursor !== null) request.record({ ...cursor, epoch });
  giveToOwner(file, owner ?? statSync(folder));
  flushFolder(folder);
  return { kind: 'restored', file, keptAs: replaced.keptAs, cursor };
}

async function copyBytes(from: string, to: string, watch: OperationWatch<RestoreStep>): Promise<void> {
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'r+');
    try {
      await pump(source, target, watch);
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

async function pump(
  source: FileHandle,
  target: FileHandle,
  { signal, onCopied }: OperationWatch<RestoreStep>,
): Promise<void> {
  const { size } = await source.stat();
  const chunk = Buffer.alloc(chunkBytes);
  for (let done = 0; ; ) {
    signal?.throwIfAborted();
    const { bytesRead } = await source.read(chunk, 0, chunkBytes, done);
    if (bytesRead === 0) return;
    await target.writeFile(chunk.subarray(0, bytesRead));
    done += bytesRead;
    onCopied?.(done, size);
  }
}

/** Checks the integrity of the copied backup, and renews the epoch of its log. */
function checkIncoming({ epoch, known, backup }: RestoreRequest, incoming: string): ReturnType<typeof completeCopy> {
  try {
    refuseUnusable(backup, readSchemaState(incoming, known));
  } catch (error) {
    if (storageFaultOf(error, incoming) !== 'malformed') throw error;
    return { damage: error instanceof Error ? error.message : String(error), cursor: null };
  }
  return completeCopy(incoming, (copy) => renewEpoch(copy, epoch));
}

/** Does what `beginEpoch` does to a log that is behind its announced position. An older database may lack tables. */
function renewEpoch(copy: Database.Database, epoch: string): void {
  if (hasTable(copy, 'event_log')) copy.prepare('update event_log set epoch = ?').run(epoch);
  if (hasTable(copy, 'websub_subscriber')) copy.exec('update websub_subscriber set delivered_tag = null');
}

type Replaced = { readonly kind: 'replaced'; readonly keptAs: string | null } | { readonly kind: 'open' };

/** Gives the present database its dated name, and the incoming one the name of the database. */
function replaceDatabase({ file, known, nowMs, watch }: RestoreRequest, incoming: string): Replaced {
  const isPresent = existsSync(file);
  const present = isPresent && isReadable(file, known) ? lockPresent(file) : null;
  if (present === 'open') return { kind: 'open' };
  try {
    watch.onStep?.('keep');
    const dated = { folder: path.dirname(file), prefix: `${path.basename(file)}.before-restore-`, suffix: '' };
    deleteSecondNames(file, dated);
    const keptAs = isPresent ? unusedPath(datedFile(dated, nowMs)) : null;
    if (keptAs !== null) addName(file, keptAs);
    // A database that could be locked has no such files any more. Otherwise SQLite would apply them to the new one.
    for (const suffix of ['-wal', '-journal', '-shm']) moveCompanion(file, keptAs, suffix);
    watch.onStep?.('replace');
    // Windows cannot replace a file that is open.
    if (process.platform === 'win32') present?.close();
    renameSync(incoming, file);
    flushFolder(path.dirname(file));
    return { kind: 'replaced', keptAs };
  } finally {
    present?.close();
  }
}

/** Whether a file can be opened as a database. A connection that can write would delete the files beside a damaged one. */
function isReadable(file: string, known: readonly string[]): boolean {
  try {
    const { kind } = readSchemaState(file, known);
    return kind !== 'not-sqlite' && kind !== 'empty';
  } catch (error) {
    if (storageFaultOf(error, file) === 'malformed') return false;
    throw error;
  }
}

/**
 * Merges the write-ahead log into the present database, so that its file alone is complete, and locks it.
 *
 * @returns `open`: another process has it open; null: it is damaged, and is only moved.
 */
function lockPresent(file: string): Database.Database | 'open' | null {
  const database = new Database(file, { timeout: openTimeoutMs });
  try {
    // Fails while another connection is open, because WAL mode needs the whole file to be left.
    database.pragma('journal_mode = delete');
    database.exec('begin exclusive');
    return database;
  } catch (error) {
    database.close();
    const fault = storageFaultOf(error, file);
    if (fault === 'locked') return 'open';
    if (fault === 'malformed') return null;
    throw error;
  }
}

/** Deletes the names that killed restores gave to the present database, so that they do not name a database in use. */
function deleteSecondNames(file: string, dated: DatedFiles): void {
  for (const name of listDated(dated)) if (isSameFile(name, file)) rmSync(name);
}

function isSameFile(one: string, other: string): boolean {
  const [a, b] = [one, other].map((name) => statSync(name, { throwIfNoEntry: false }));
  return a !== undefined && b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

/** Adds a second name to a file, so that it never is without one. */
function addName(file: string, name: string): void {
  try {
    linkSync(file, name);
  } catch (error) {
    // File systems without hard links. Closing the copied file releases the lock on it; the poll lock remains.
    if (!isUnsupported(error)) throw error;
    copyFileSync(file, name);
    flushFile(name);
  }
}

function isUnsupported(error: unknown): boolean {
  if (!(error instanceof Error && 'code' in error)) return false;
  return ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(String(error.code));
}

function moveCompanion(file: string, keptAs: string | null, suffix: string): void {
  const companion = `${file}${suffix}`;
  if (!existsSync(companion)) return;
  if (keptAs === null || suffix === '-shm') rmSync(companion);
  else renameSync(companion, `${keptAs}${suffix}`);
}

/** A restore by root must leave files that the user of the server can open. */
function giveToOwner(file: string, { uid, gid }: Stats): void {
  if (process.getuid?.() !== 0) return;
  for (const suffix of ['', '.lock', '.announced']) {
    if (existsSync(`${file}${suffix}`)) chownSync(`${file}${suffix}`, uid, gid);
  }
}

function refuse(where: string, what: string, remedy: string): ConfigError {
  return new ConfigError([{ where, what, remedy }]);
}

/** @throws ConfigError when a file is no complete backup. */
function checkBackupFile({ backup, file }: RestoreRequest): void {
  const stats = withFileErrors(backup, 'read', () => statSync(backup, { throwIfNoEntry: false }));
  if (stats === undefined) throw refuse(backup, 'the file does not exist', nameBackup);
  if (statSync(file, { throwIfNoEntry: false })?.isFile() === false) {
    throw refuse('DATABASE_URL', `${file} is not a file`, 'Name a file in that folder, or another file');
  }
  if (stats.isDirectory()) throw refuse(backup, 'is a folder', 'Name a file in it');
  if (!stats.isFile()) throw refuse(backup, 'is not a regular file', nameBackup);
  if (isSameFile(backup, file)) throw refuse(backup, 'is the database itself', nameBackup);
  const walBytes = statSync(`${backup}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  if (walBytes === 0 && !isPollLockHeld(backup)) return;
  const what = `is a database in use: a part of it may be in ${path.basename(backup)}-wal`;
  throw refuse(
    backup,
    what,
    `Make a complete copy with "DATABASE_URL=sqlite:${backup} newswire backup COPY", and restore that`,
  );
}

/** @throws ConfigError when a file is not a database that this version can read. */
function refuseUnusable(backup: string, state: SchemaState): void {
  switch (state.kind) {
    case 'current':
    case 'older':
      return;
    case 'empty':
      throw refuse(backup, 'is empty', nameBackup);
    case 'not-sqlite':
      throw refuse(backup, 'is not a database', nameBackup);
    case 'foreign':
      throw refuse(backup, `is a database of another program (it has the table ${state.table})`, nameBackup);
    case 'replaced':
      throw refuse(backup, 'has the layout of an earlier development version, which cannot be read', nameBackup);
    case 'newer': {
      const what = `was written by a newer Newswire (it has ${state.unknown.join(', ')})`;
      throw refuse(backup, what, 'Restore it with that version or a later one');
    }
    default:
      assertNever(state);
  }
}

function toRestoreError(error: unknown, file: string): unknown {
  if (error instanceof ConfigError) return error;
  const advice = adviceOnFileError(error, file);
  if (advice === null) return error;
  const { what, remedy } = advice;
  return new ConfigError([{ where: file, what: `the backup cannot be restored (${what})`, remedy }], { cause: error });
}
