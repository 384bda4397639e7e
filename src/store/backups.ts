import path from 'node:path';
import type { BackupResult, BackupStep, OperationWatch, RestoreResult, RestoreStep } from '../domain/backups/backup.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { fileOfUrl } from './engine/database-url.ts';
import { findBackupTarget } from './engine/sqlite/backup-target.ts';
import { copyDatabase } from './engine/sqlite/database-copy.ts';
import { restoreDatabase } from './engine/sqlite/database-restore.ts';
import { deleteOldest, deletePartials } from './engine/sqlite/dated-files.ts';
import { tryBackupLock } from './engine/sqlite/file-locks.ts';
import { checkFile, resolveDatabase, withFileErrors } from './engine/sqlite/sqlite-file.ts';
import { announcedPosition } from './log/announced-position.ts';
import { newEpoch } from './log/epoch.ts';
import { migrationNames } from './migrate.ts';

/** A backup to write. */
export interface BackupRequest {
  /** The database URL. */
  readonly url: string;
  /** A file; a folder if `keep` is not null. */
  readonly path: string;
  /** How many dated backups the folder keeps; null: one file, which is replaced. */
  readonly keep: number | null;
  readonly watch?: OperationWatch<BackupStep>;
  readonly clock?: Clock;
  /** Returns the free bytes of the disk of a folder. Default: asks the file system. */
  readonly freeBytes?: (folder: string) => number;
}

/**
 * Copies a database, which servers may be using, into a file. The database is not changed. See `copyDatabase`.
 *
 * @throws ConfigError when the database cannot be read, or the path is no place for a backup.
 */
export async function backUp(request: BackupRequest): Promise<BackupResult> {
  const { url, watch = {}, clock = systemClock, keep, freeBytes } = request;
  const expected = { known: migrationNames, migrates: false, acceptsOlder: true };
  const source = checkFile(fileOfUrl(url), expected);
  const target = findBackupTarget({ path: request.path, keep, source, nowMs: clock.now(), known: migrationNames });
  const { file, dated, lockedPath } = target;
  const unlock = withFileErrors(`${lockedPath}.backup-lock`, 'created', () => tryBackupLock(lockedPath));
  if (unlock === null) return { kind: 'locked', file };
  try {
    if (dated !== null) deletePartials(dated);
    const copy = await copyDatabase({ source, target: file, watch, ...(freeBytes === undefined ? {} : { freeBytes }) });
    if (copy.kind !== 'written') return copy;
    watch.onStep?.('prune');
    return { ...copy, file, deleted: dated === null || keep === null ? [] : deleteOldest(dated, keep) };
  } finally {
    unlock();
  }
}

/** A restore to make. */
export interface RestoreOptions {
  /** The database URL. */
  readonly url: string;
  /** The backup. */
  readonly path: string;
  readonly watch?: OperationWatch<RestoreStep>;
  readonly clock?: Clock;
}

/**
 * Replaces a database by a backup, and renews the epoch of its log: clients may have read events that the backup lacks.
 * The former database keeps a dated name. See `restoreDatabase`.
 *
 * @throws ConfigError when the backup cannot be used or a file cannot be written; the database is unchanged then.
 */
export async function restore(options: RestoreOptions): Promise<RestoreResult> {
  const { url, watch = {}, clock = systemClock } = options;
  const file = resolveDatabase(fileOfUrl(url), true);
  return await restoreDatabase({
    ...{ file, watch, known: migrationNames, epoch: newEpoch(), nowMs: clock.now() },
    backup: path.resolve(options.path),
    record: (position) => announcedPosition(file).write(position, { flush: true }),
  });
}
