import { existsSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';

/** A family of files in one folder whose names differ in their date: prefix, date, suffix. */
export interface DatedFiles {
  readonly folder: string;
  readonly prefix: string;
  readonly suffix: string;
}

/** The files that SQLite may leave beside a database that was not closed. */
const companions = ['', '-journal', '-wal', '-shm'] as const;
/** The suffix of a copy that is not complete. */
export const partialSuffix = '.partial';
const datePattern = /^\d{8}T\d{6}Z$/;

/** The path for a time (epoch ms, written in UTC), such as `newswire-20300131T235900Z.sqlite`. */
export function datedFile({ folder, prefix, suffix }: DatedFiles, nowMs: number): string {
  const date = new Date(nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  return path.join(folder, `${prefix}${date}${suffix}`);
}

/** The paths of a family, oldest first. Other files in the folder do not belong to it. */
export function listDated({ folder, prefix, suffix }: DatedFiles): string[] {
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix) && name.endsWith(suffix))
    .filter((name) => datePattern.test(name.slice(prefix.length, name.length - suffix.length)))
    .sort()
    .map((name) => path.join(folder, name));
}

/** Deletes all but the newest files of a family. @returns the deleted paths. */
export function deleteOldest(files: DatedFiles, keep: number): string[] {
  const all = listDated(files);
  const old = all.slice(0, Math.max(0, all.length - keep));
  for (const file of old) rmSync(file, { force: true });
  return old;
}

/** Deletes what killed processes left of incomplete files of a family. */
export function deletePartials(files: DatedFiles): void {
  for (const file of listDated({ ...files, suffix: `${files.suffix}${partialSuffix}` })) deleteDatabaseFile(file);
}

/** Deletes a database file that no process has open, with the files beside it. */
export function deleteDatabaseFile(file: string): void {
  for (const suffix of companions) rmSync(`${file}${suffix}`, { force: true });
}

/** A path that does not exist yet: the given one, or the same with a number. */
export function unusedPath(file: string): string {
  let candidate = file;
  for (let number = 2; existsSync(candidate); number += 1) candidate = `${file}-${number}`;
  return candidate;
}
