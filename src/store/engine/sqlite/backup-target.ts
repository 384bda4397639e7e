import { existsSync, realpathSync, type Stats, statSync } from 'node:fs';
import path from 'node:path';
import { ConfigError } from '../../../domain/config-error.ts';
import { type DatedFiles, datedFile } from './dated-files.ts';
import { isInWalMode, readSchemaState, type SchemaState } from './schema-state.ts';
import { adviceOnFileError } from './sqlite-file.ts';
import { storageFaultOf } from './sqlite-storage-fault.ts';

/** The suffixes of the files beside a database that is in use. */
const companions = ['-wal', '-shm', '-journal', '.lock', '.announced'] as const;

/** Where a backup is written. */
export interface BackupTarget {
  readonly file: string;
  /** The path whose lock excludes another backup to the same place. */
  readonly lockedPath: string;
  /** The family of dated backups that it belongs to; null: it has a fixed name. */
  readonly dated: DatedFiles | null;
}

/** What an operator asked for. */
export interface TargetRequest {
  /** A file; a folder if `keep` is not null. */
  readonly path: string;
  /** How many dated backups are kept; null: one file. */
  readonly keep: number | null;
  /** The real path of the database. */
  readonly source: string;
  readonly nowMs: number;
  /** The names of the migrations of this version. */
  readonly known: readonly string[];
}

/**
 * Finds the file that a backup is written to, and checks that nothing else is overwritten.
 *
 * @throws ConfigError when it is no place for a backup.
 */
export function findBackupTarget(request: TargetRequest): BackupTarget {
  const asked = path.resolve(request.path);
  try {
    return request.keep === null ? oneFile(asked, request) : datedTarget(asked, request);
  } catch (error) {
    const advice = adviceOnFileError(error, asked);
    if (advice === null) throw error;
    throw refuse(asked, `cannot be used (${advice.what})`, advice.remedy);
  }
}

function refuse(where: string, what: string, remedy: string): ConfigError {
  return new ConfigError([{ where, what, remedy }]);
}

function statOf(file: string): Stats | null {
  return statSync(file, { throwIfNoEntry: false }) ?? null;
}

function datedTarget(folder: string, { source, nowMs }: TargetRequest): BackupTarget {
  const stats = statOf(folder);
  // Not created: a folder that is missing may be a disk that is not mounted.
  if (stats === null) throw refuse(folder, 'the folder does not exist', 'Create it, or mount its disk');
  if (!stats.isDirectory()) throw refuse(folder, 'is not a folder', 'With --keep, name a folder');
  const { name, ext } = path.parse(source);
  const dated = { folder: realpathSync(folder), prefix: `${name}-`, suffix: ext };
  return { file: datedFile(dated, nowMs), lockedPath: path.join(dated.folder, `${name}${ext}`), dated };
}

function oneFile(asked: string, request: TargetRequest): BackupTarget {
  const folder = statOf(path.dirname(asked));
  if (folder?.isDirectory() !== true) {
    throw refuse(path.dirname(asked), 'the folder does not exist', 'Create it, or name a file in another folder');
  }
  const file = existsSync(asked)
    ? realpathSync(asked)
    : path.join(realpathSync(path.dirname(asked)), path.basename(asked));
  checkNotOurs(file, request.source);
  const stats = statOf(file);
  if (stats !== null) checkReplaceable(file, stats, request);
  return { file, lockedPath: file, dated: null };
}

function checkNotOurs(file: string, source: string): void {
  const [own, other] = [statOf(source), statOf(file)];
  const isSame = own !== null && other !== null && own.ino === other.ino && own.dev === other.dev;
  if (file !== source && !isSame && !companions.some((suffix) => file === `${source}${suffix}`)) return;
  throw refuse(file, 'is a file of the database itself', 'Name another file');
}

/** Only a backup may be replaced. Another file was named by mistake. */
function checkReplaceable(file: string, stats: Stats, { known }: TargetRequest): void {
  if (stats.isDirectory()) {
    throw refuse(file, 'is a folder', 'Name a file in it, or add --keep 7 to write dated files and keep seven');
  }
  const another = 'Name another file; this one was left unchanged';
  if (!stats.isFile()) throw refuse(file, 'is not a regular file', another);
  const companion = companions.map((suffix) => `${file}${suffix}`).find((name) => existsSync(name));
  if (companion !== undefined) {
    const remedy = 'Name another file, or copy into it with "newswire restore"; it was left unchanged';
    throw refuse(file, `is the database of a server, not a backup: ${path.basename(companion)} is beside it`, remedy);
  }
  const kind = kindOf(file, known);
  if (kind === 'damaged') throw refuse(file, 'exists and is damaged', 'Name another file, or delete this one');
  if (kind === 'not-sqlite' || kind === 'foreign')
    throw refuse(file, 'exists and is not a backup of Newswire', another);
}

function kindOf(file: string, known: readonly string[]): SchemaState['kind'] | 'damaged' {
  try {
    // A backup of Newswire is not in WAL mode.
    return isInWalMode(file) ? 'foreign' : readSchemaState(file, known).kind;
  } catch (error) {
    if (storageFaultOf(error, file) === 'malformed') return 'damaged';
    throw error;
  }
}
