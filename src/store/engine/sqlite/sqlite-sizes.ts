import { realpath, stat, statfs } from 'node:fs/promises';
import path from 'node:path';
import type { DatabaseSizes } from '../store.ts';

/**
 * Reads the sizes of a database and the free space of its disk. Does not open the database.
 *
 * @returns null: the file does not exist.
 * @throws the error of the file system, if the sizes cannot be read for another reason.
 */
export async function readFileSizes(file: string): Promise<DatabaseSizes | null> {
  const bytes = await sizeOf(file);
  if (bytes === null) return null;
  // The other files are beside the file that a symbolic link leads to.
  const real = await realpath(file);
  const { bavail, bsize } = await statfs(path.dirname(real));
  return { bytes, writeAheadBytes: (await sizeOf(`${real}-wal`)) ?? 0, diskFreeBytes: bavail * bsize };
}

/** Null: there is no such file. */
async function sizeOf(file: string): Promise<number | null> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
