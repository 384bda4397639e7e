import { existsSync, realpathSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { ConfigError } from '../../../domain/config-error.ts';
import { createOwnerOnly, withFileErrors } from './sqlite-file.ts';

/** `isPollLockHeld` of another process holds the lock for an instant. */
const pollLockTimeoutMs = 250;

/**
 * Locks a file, which is created if it is missing. It is a kernel lock, so it is released when the process ends, even
 * when it is killed.
 *
 * @returns the connection that holds the lock; null: another process holds it.
 */
function tryLock(file: string, timeoutMs: number): Database.Database | null {
  createOwnerOnly(file);
  const lock = new Database(file, { timeout: timeoutMs });
  try {
    lock.exec('begin exclusive');
    return lock;
  } catch (error) {
    lock.close();
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_BUSY') return null;
    throw error;
  }
}

/**
 * Acquires the poll lock of a database file, which excludes a second polling process.
 *
 * @returns releases the lock; null: another process holds it.
 * @throws ConfigError when the lock file cannot be opened.
 */
export function tryPollLock(file: string): (() => void) | null {
  const lock = withFileErrors(`${file}.lock`, 'opened', () => tryLock(`${file}.lock`, pollLockTimeoutMs));
  return lock === null ? null : () => void lock.close();
}

/** The poll lock of a database. */
export interface PollLock {
  release(): void;
  /** False when the locked file was removed or replaced: another process can poll then. */
  isHeld(): boolean;
}

/**
 * Acquires the poll lock of a database file for a server.
 *
 * @throws ConfigError when another process holds it.
 */
export function acquirePollLock(file: string): PollLock {
  const release = tryPollLock(file);
  const inode = inodeOf(`${file}.lock`);
  if (release !== null) return { release, isHeld: () => inode !== null && inodeOf(`${file}.lock`) === inode };
  const what = `another Newswire process already polls with ${file}`;
  const remedy = 'Stop it first, give this one a file of its own, or start it with ROLES=serve';
  throw new ConfigError([{ where: 'DATABASE_URL', what, remedy }]);
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

/**
 * Acquires the lock of a backup that is being written. The lock file is deleted when the lock is released.
 *
 * @param target the path of the backup.
 * @returns releases the lock; null: another process is writing this backup.
 * @throws an error of the file system or SQLite when the lock file cannot be created.
 */
export function tryBackupLock(target: string): (() => void) | null {
  const file = `${target}.backup-lock`;
  for (;;) {
    createOwnerOnly(file);
    const before = inodeOf(file);
    const lock = tryLock(file, 0);
    if (lock === null) return null;
    // A process that released the lock meanwhile has deleted the file: a lock on a deleted file excludes nobody.
    if (before !== null && inodeOf(file) === before) return () => release(file, lock);
    lock.close();
  }
}

function inodeOf(file: string): bigint | null {
  return statSync(file, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}

function release(file: string, lock: Database.Database): void {
  // Delete before the lock is released, so that nobody else holds it then. Windows cannot delete an open file.
  if (process.platform !== 'win32') rmSync(file, { force: true });
  lock.close();
}
