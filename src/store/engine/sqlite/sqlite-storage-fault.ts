import { accessSync, constants, statfsSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { StorageFault } from '../../../domain/storage.ts';

/**
 * Which fault of the storage an error stands for; null: it is an error of another kind.
 *
 * @param file of the database: the engine has one code for whatever the system answers, so the system is asked again.
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
    for (const place of [file, path.dirname(file)]) accessSync(place, constants.W_OK);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && ['EROFS', 'EACCES', 'EPERM'].includes(String(error.code));
  }
}

function isFull(file: string): boolean {
  try {
    return statfsSync(path.dirname(file)).bavail === 0;
  } catch {
    // The file system answers nothing at all: that is the other fault.
    return false;
  }
}
