import { realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Replaces a file atomically, or creates it, so that nobody reads half of it. Follows a symbolic link and keeps the mode.
 *
 * @throws Error of the system when it cannot be written; the old file is unchanged then.
 */
export async function replaceFile(file: string, bytes: Uint8Array): Promise<void> {
  const target = await realpath(file).catch((error: unknown) => ifMissing(error, file));
  const mode = await stat(target).then(
    (found) => found.mode,
    (error: unknown) => ifMissing(error, 0o644),
  );
  const temporary = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}`);
  try {
    await writeFile(temporary, bytes, { mode, flag: 'wx' });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

function ifMissing<T>(error: unknown, fallback: T): T {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return fallback;
  throw error;
}
