import { statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError } from '../../../domain/config-error.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Log } from '../../../runtime/log.ts';
import { copyDatabase } from './database-copy.ts';
import { datedFile, deleteOldest, deletePartials } from './dated-files.ts';
import { tryBackupLock } from './file-locks.ts';
import { openForReading, withFileErrors } from './sqlite-file.ts';

/** How many backups of a database from before its migrations are kept. */
const keptBackups = 2;
const lockPauseMs = 200;
/** A large database takes minutes to copy and to migrate. */
const maxLockTries = 3000;
const busyTimeoutMs = 5000;

/** The database that is migrated. */
export interface MigrationParts {
  /** The real path. */
  readonly file: string;
  /** The names of the migrations of this version. */
  readonly known: readonly string[];
  readonly clock: Clock;
  readonly log: Log;
  /** Returns the free bytes of the disk of a folder. Default: asks the file system. */
  readonly freeBytes?: (folder: string) => number;
}

/**
 * Runs `migrate`. A database that an earlier version has written is copied first, beside itself under a dated name; the
 * last two such copies are kept. Two processes that start at the same time migrate one after the other.
 *
 * @throws ConfigError when the copy cannot be written; the database is unchanged then.
 */
export async function migrateWithBackup(parts: MigrationParts, migrate: () => Promise<void>): Promise<void> {
  if (missingMigrations(parts).length === 0) return await migrate();
  const unlock = await waitForLock(parts.file);
  try {
    const missing = missingMigrations(parts);
    if (missing.length > 0) await backUp(parts, missing);
    await migrate();
  } finally {
    unlock();
  }
}

/** The migrations that a database lacks; none if it is new. */
function missingMigrations({ file, known }: MigrationParts): string[] {
  const database = openForReading(file, busyTimeoutMs);
  try {
    const isNew = database.prepare(`select 1 from sqlite_schema where name = 'kysely_migration'`).get() === undefined;
    if (isNew) return [];
    const applied = database.prepare<[], string>('select name from kysely_migration').pluck().all();
    return applied.length === 0 ? [] : known.filter((name) => !applied.includes(name));
  } finally {
    database.close();
  }
}

async function waitForLock(file: string): Promise<() => void> {
  const name = lockName(file);
  for (let tries = 0; tries < maxLockTries; tries += 1) {
    const unlock = withFileErrors(`${name}.backup-lock`, 'opened', () => tryBackupLock(name));
    if (unlock !== null) return unlock;
    await pause(lockPauseMs);
  }
  const what = `another Newswire process has been migrating ${file} for ten minutes`;
  throw new ConfigError([
    { where: 'DATABASE_URL', what, remedy: 'Wait until it is done, or stop it, and start again' },
  ]);
}

function lockName(file: string): string {
  return `${file}.before-migration`;
}

async function backUp(parts: MigrationParts, missing: readonly string[]): Promise<void> {
  const { file, clock, log, freeBytes } = parts;
  const dated = { folder: path.dirname(file), prefix: `${path.basename(lockName(file))}-`, suffix: '' };
  const target = datedFile(dated, clock.now());
  deletePartials(dated);
  log.info({ file, backup: target, migrations: missing, bytes: statSync(file).size }, 'backing up before a migration');
  try {
    const result = await copyDatabase({
      source: file,
      target,
      watch: {},
      ...(freeBytes === undefined ? {} : { freeBytes }),
    });
    if (result.kind !== 'written') {
      const detail = result.kind === 'damaged' ? ` (${result.detail})` : '';
      const remedy = 'Restore a backup, or recover the file. Check the disk for errors';
      throw new ConfigError([{ where: 'DATABASE_URL', what: `${file} is damaged${detail}`, remedy }]);
    }
  } catch (error) {
    throw toStartError(error, file);
  }
  deleteOldest(dated, keptBackups);
}

/** Adds why a start copies the database at all. */
function toStartError(error: unknown, file: string): unknown {
  if (!(error instanceof ConfigError)) return error;
  const problems = error.problems.map(({ where, what, remedy }) => ({
    where: 'DATABASE_URL',
    what: `${file} was not migrated, because it cannot be backed up first: ${where === 'DATABASE_URL' ? '' : `${where}: `}${what}`,
    remedy: `${remedy}. Then start again; the database was left unchanged`,
  }));
  return new ConfigError(problems, { cause: error });
}
