import { accessSync, constants, statfsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { StorageFault } from '../../../domain/storage.ts';

/**
 * Classifies an error of SQLite or the file system. Null: not a fault of the storage.
 *
 * @param file the database file. SQLite has one code for several errors of the system, so its state is checked again.
 */
export function storageFaultOf(error: unknown, file: string): StorageFault | null {
  if (error instanceof Error && 'syscall' in error && 'code' in error && error.code === 'ENOSPC') return 'full';
  if (!(error instanceof Database.SqliteError)) return null;
  const { code } = error;
  if (code === 'SQLITE_FULL') return 'full';
  if (/^SQLITE_(READONLY|PERM)/.test(code)) return 'read_only';
  if (/^SQLITE_(BUSY|LOCKED)/.test(code)) return 'locked';
  if (/^SQLITE_(CORRUPT|NOTADB)/.test(code)) return 'malformed';
  if (!/^SQLITE_(IOERR|CANTOPEN)/.test(code)) return null;
  return isReadOnly(file) ? 'read_only' : isFull(file) ? 'full' : 'io_error';
}

function isReadOnly(file: string): boolean {
  try {
    for (const target of [file, path.dirname(file)]) accessSync(target, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'EPERM'].includes(String(error.code));
  }
}

function isFull(file: string): boolean {
  try {
    return statfsSync(path.dirname(file)).bavail === 0;
  } catch {
    // The file system does not respond at all: an I/O error.
    return false;
  }
}
