import { closeSync, fsyncSync, openSync, renameSync, statfsSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { BackupStep, OperationWatch } from '../../../domain/backups/backup.ts';
import { ConfigError } from '../../../domain/config-error.ts';
import type { Cursor } from '../../../domain/events/event.ts';
import { deleteDatabaseFile, partialSuffix } from './dated-files.ts';
import { adviceOnFileError, createOwnerOnly, openForReading } from './sqlite-file.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

/** One step of the copy: 1 MB. The event loop runs between two steps. */
const pagesPerStep = 256;
const busyTimeoutMs = 5000;
const maxReportedErrors = 3;
const megabyte = 1_000_000;

/** The outcome of a copy. Unless it is `written`, nothing exists under the target's name that was not there before. */
export type CopyResult =
  | { readonly kind: 'written'; readonly bytes: number; readonly cursor: Cursor | null }
  | { readonly kind: 'damaged'; readonly detail: string }
  | { readonly kind: 'interrupted' };

/** A copy to make. */
export interface CopyRequest {
  /** The real path of the database, which other processes may be writing to. */
  readonly source: string;
  readonly target: string;
  readonly watch: OperationWatch<BackupStep>;
  /** Returns the free bytes of the disk of a folder. Default: asks the file system. */
  readonly freeBytes?: (folder: string) => number;
}

/** Free bytes of the disk of a folder, for a user without privileges. */
export function freeDiskBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

/**
 * Copies a database while other processes write to it. The copy is of one instant. It is written and checked under
 * another name, flushed to disk and renamed, so that the target is never a part of a database. Readable by the owner
 * only. Writers do not wait; the write-ahead log is not shortened until the copy is complete.
 *
 * @throws ConfigError when the source cannot be read or the target cannot be written.
 */
export async function copyDatabase(request: CopyRequest): Promise<CopyResult> {
  const { target, watch } = request;
  const partial = `${target}${partialSuffix}`;
  try {
    deleteDatabaseFile(partial);
    const result = await writePartial(request, partial);
    if (result.kind !== 'written') return result;
    watch.onStep?.('flush');
    flushFile(partial);
    if (watch.signal?.aborted === true) return { kind: 'interrupted' };
    watch.onStep?.('rename');
    renameSync(partial, target);
    flushFolder(path.dirname(target));
    return result;
  } catch (error) {
    throw toTargetError(error, target);
  } finally {
    deletePartial(partial);
  }
}

async function writePartial({ source, watch, freeBytes }: CopyRequest, partial: string): Promise<CopyResult> {
  watch.onStep?.('copy');
  const database = openForReading(source, busyTimeoutMs);
  try {
    // Without this transaction the copy restarts after every commit of another connection, and may never end.
    database.exec('begin');
    const bytes = snapshotBytes(database);
    checkSpace({ folder: path.dirname(partial), bytes, freeBytes: freeBytes ?? freeDiskBytes });
    createOwnerOnly(partial);
    await copyPages(database, partial, watch);
  } catch (error) {
    if (watch.signal?.aborted === true) return { kind: 'interrupted' };
    if (storageFaultOf(error, source) === 'malformed') return { kind: 'damaged', detail: messageOf(error) };
    throw error;
  } finally {
    database.close();
  }
  watch.onStep?.('check');
  const { damage, cursor } = completeCopy(partial);
  if (damage !== null) return { kind: 'damaged', detail: damage };
  return { kind: 'written', bytes: statSync(partial).size, cursor };
}

/** The size of the snapshot that an open transaction sees. Begins the snapshot. */
function snapshotBytes(database: Database.Database): number {
  return Number(database.pragma('page_count', { simple: true })) * pageBytes(database);
}

function pageBytes(database: Database.Database): number {
  return Number(database.pragma('page_size', { simple: true }));
}

async function copyPages(
  database: Database.Database,
  partial: string,
  { signal, onCopied }: OperationWatch<BackupStep>,
): Promise<void> {
  const size = pageBytes(database);
  const { totalPages } = await database.backup(partial, {
    progress({ totalPages: total, remainingPages: remaining }) {
      signal?.throwIfAborted();
      onCopied?.((total - remaining) * size, total * size);
      return pagesPerStep;
    },
  });
  onCopied?.(totalPages * size, totalPages * size);
}

/** The space that a copy needs, and the folder that it is written to. */
export interface SpaceCheck {
  readonly folder: string;
  readonly bytes: number;
  readonly freeBytes: (folder: string) => number;
}

/** @throws ConfigError when a disk has too little space for a copy. */
export function checkSpace({ folder, bytes, freeBytes }: SpaceCheck): void {
  const free = freeBytes(folder);
  if (free >= bytes) return;
  const [needed, available] = [Math.ceil(bytes / megabyte), Math.floor(free / megabyte)];
  const what = `the copy needs ${needed} MB, and the disk has ${available} MB free`;
  throw new ConfigError([{ where: folder, what, remedy: 'Free disk space, or use another disk' }]);
}

/** Damage of a copy, or null, and the position of its log. */
export interface CheckedCopy {
  readonly damage: string | null;
  readonly cursor: Cursor | null;
}

/**
 * Makes a copied file a database in one file, so that it can be read from a read-only folder, and checks its integrity.
 *
 * @param change changes the copy in a transaction after the check.
 */
export function completeCopy(file: string, change?: (copy: Database.Database) => void): CheckedCopy {
  const copy = new Database(file, { timeout: busyTimeoutMs });
  try {
    copy.pragma('journal_mode = delete');
    const rows = copy.pragma(`integrity_check(${maxReportedErrors})`) as { readonly integrity_check: string }[];
    const errors = rows.map(({ integrity_check: text }) => text).filter((text) => text !== 'ok');
    if (errors.length > 0) return { damage: errors.join('; '), cursor: null };
    if (change !== undefined) copy.transaction(() => change(copy))();
    return { damage: null, cursor: readPosition(copy) };
  } catch (error) {
    if (storageFaultOf(error, file) !== 'malformed') throw error;
    return { damage: messageOf(error), cursor: null };
  } finally {
    copy.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Whether a database has a table. The database of an older version may lack some. */
export function hasTable(database: Database.Database, name: string): boolean {
  return database.prepare('select 1 from sqlite_schema where name = ?').get(name) !== undefined;
}

function readPosition(database: Database.Database): Cursor | null {
  if (!hasTable(database, 'event_log')) return null;
  return database.prepare<[], Cursor>('select epoch, head as seq from event_log').get() ?? null;
}

/** Flushes a file to disk that no connection of this process has open. */
export function flushFile(file: string): void {
  const handle = openSync(file, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** Flushes the names in a folder to disk. Windows does so itself and cannot open a folder. */
export function flushFolder(folder: string): void {
  if (process.platform === 'win32') return;
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function toTargetError(error: unknown, target: string): unknown {
  if (error instanceof ConfigError) return error;
  const advice = adviceOnFileError(error, target);
  if (advice === null) return error;
  const isFull = storageFaultOf(error, target) === 'full';
  const { what, remedy } = isFull
    ? { what: 'the disk is full', remedy: 'Free disk space, or use another disk' }
    : advice;
  return new ConfigError([{ where: target, what: `the copy cannot be written (${what})`, remedy }], { cause: error });
}

/** Deletes an incomplete copy. Where it cannot be deleted, it could not be created, and the first error is reported. */
function deletePartial(partial: string): void {
  try {
    deleteDatabaseFile(partial);
  } catch (error) {
    if (adviceOnFileError(error, partial) === null) throw error;
  }
}
