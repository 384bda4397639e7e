import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/domain/config-error.ts';
import { withFileErrors } from '../../../../src/store/engine/sqlite/sqlite-file.ts';

/** A file system without a free block. */
const fullFileSystem = '/proc';

/** The message for an error of opening a file in a folder, as the operator reads it. */
function refusal(error: Error, folder = '/nowhere'): string {
  try {
    withFileErrors(`${folder}/news.sqlite`, 'opened', () => {
      throw error;
    });
  } catch (refused) {
    if (refused instanceof ConfigError) return refused.message;
    throw refused;
  }
  throw new Error('not refused');
}

describe('a database file that cannot be opened', () => {
  it.runIf(process.platform === 'linux')('is refused with the remedy of a full disk where no block is free', () => {
    // SQLite's error when the -shm file cannot grow.
    const message = refusal(new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_SHMSIZE'), fullFileSystem);
    expect(message).toContain('the disk of the database is full). Free disk space');
    expect(message).not.toContain('user may read');
  });

  it('is refused with the remedy of a full disk when the system cannot create a file', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device'), { syscall: 'open', code: 'ENOSPC' });
    expect(refusal(error)).toContain('Free disk space');
  });

  it('is refused with advice to check path and permissions otherwise', () => {
    const message = refusal(new Database.SqliteError('unable to open database file', 'SQLITE_CANTOPEN'));
    expect(message).toContain('(unable to open database file). Check the path, and that');
  });
});
