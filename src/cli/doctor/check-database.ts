import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { databaseFile } from '../../config/environment/environment.ts';
import { ConfigError } from '../../domain/config-error.ts';
import { adviceOnExit } from '../../domain/storage.ts';
import { formatBytes } from '../../fetch/client/fetch-error.ts';
import type { DatabaseSizes } from '../../store/engine/store.ts';
import { type Finding, failure, ok, toFindings, warning } from './finding.ts';

const minFreeBytes = 100 * 1024 * 1024;
const lowFreeBytes = 1024 * 1024 * 1024;
/** Twice the size to which the file is truncated when nothing prevents it. */
const largeWriteAheadBytes = 128 * 1024 * 1024;

/** The database: its file, schema, structure, write-ahead log, disk and permissions. */
export async function checkDatabase(databaseUrl: string): Promise<readonly Finding[]> {
  const file = databaseFile(databaseUrl);
  if (file !== null && !existsSync(file)) return [checkMissing(file)];
  // Loaded on demand, as in all commands: it loads the database engine.
  const store = await import('../../store/open-store.ts');
  // Before the database is opened: a read-only connection leaves a -wal file if no other process has one open.
  const sizes = await store.readDatabaseSizes(databaseUrl);
  const modes = store.databaseFilesOpenToOthers(databaseUrl);
  return [...(await checkContents(databaseUrl)), ...(sizes === null ? [] : checkSizes(sizes)), ...checkModes(modes)];
}

function checkMissing(file: string): Finding {
  const folder = nearestFolder(path.dirname(file));
  try {
    accessSync(folder, constants.W_OK);
    return ok('database', `does not exist yet; "newswire serve" creates ${file}`);
  } catch {
    // The reason is always the same: access is denied.
    return failure('database', `cannot be created: ${folder} is not writable`, 'Grant this user write permission');
  }
}

function nearestFolder(folder: string): string {
  return existsSync(folder) || path.dirname(folder) === folder ? folder : nearestFolder(path.dirname(folder));
}

/** Opening checks that the file is a database of this version; then the structure is checked. */
async function checkContents(databaseUrl: string): Promise<readonly Finding[]> {
  const { findDatabaseDamage, openReadOnlyStore, readFaultOf } = await import('../../store/open-store.ts');
  const { migrationNames } = await import('../../store/migrate.ts');
  try {
    await openReadOnlyStore(databaseUrl).close();
    const schema = ok('schema', `version ${migrationNames.at(-1) ?? ''}`);
    const damage = findDatabaseDamage(databaseUrl);
    if (damage.length === 0) return [schema, ok('database', 'its structure is intact')];
    const { remedy } = adviceOnExit('malformed');
    return [schema, ...damage.map((message) => failure('database', message, remedy))];
  } catch (error) {
    if (error instanceof ConfigError) return toFindings('database', error);
    const fault = readFaultOf(error, databaseUrl);
    if (fault === null) throw error;
    const { what, remedy } = adviceOnExit(fault);
    return [failure('database', what, remedy)];
  }
}

function checkSizes({ bytes, writeAheadBytes, diskFreeBytes }: DatabaseSizes): readonly Finding[] {
  return [checkWriteAhead(writeAheadBytes), checkDisk(bytes, diskFreeBytes)];
}

function checkWriteAhead(bytes: number): Finding {
  const detail = `${formatBytes(bytes)} not merged into the database`;
  if (bytes <= largeWriteAheadBytes) return ok('wal', detail);
  return warning('wal', detail, 'Close database shells and stuck commands: their open transactions prevent the merge');
}

function checkDisk(databaseBytes: number, freeBytes: number): Finding {
  const detail = `${formatBytes(freeBytes)} free, the database has ${formatBytes(databaseBytes)}`;
  const remedy = 'Free disk space, or move the database to a larger disk';
  if (freeBytes < minFreeBytes) return failure('disk', detail, remedy);
  // A copy of the database must fit beside it.
  return freeBytes < Math.max(lowFreeBytes, databaseBytes) ? warning('disk', detail, remedy) : ok('disk', detail);
}

function checkModes(open: readonly { readonly file: string; readonly mode: number }[]): readonly Finding[] {
  if (open.length === 0) return [ok('permissions', 'only its owner can open the database')];
  return open.map(({ file, mode }) =>
    warning(
      'permissions',
      `other users can open ${file}, which holds secrets (mode ${mode.toString(8).padStart(4, '0')})`,
      `Run "chmod 600 ${file}"`,
    ),
  );
}
