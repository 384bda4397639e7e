import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError } from '../../domain/config-error.ts';

const maxFileBytes = 16 * 1024 * 1024;

/** A declaration file as found on disk. */
export type DeclarationFile =
  | { readonly kind: 'read'; readonly bytes: Uint8Array }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Declaration files by name, sorted by name, so that their order does not depend on the file system. */
export type DeclarationFiles = ReadonlyMap<string, DeclarationFile>;

/**
 * Reads every `*.yaml`, `*.yml` and `*.opml` in a folder. Ignores subfolders and names that start with a dot (files of
 * editors and Kubernetes).
 *
 * @throws ConfigError if the folder cannot be listed.
 */
export async function readDeclarationFiles(dir: string): Promise<DeclarationFiles> {
  const names = (await list(dir)).filter((name) => /^[^.].*\.(?:ya?ml|opml)$/i.test(name)).sort();
  const found = await Promise.all(names.map(async (name) => [name, await readOne(path.join(dir, name))] as const));
  return new Map(found.flatMap(([name, file]) => (file === null ? [] : [[name, file]])));
}

async function list(dir: string): Promise<string[]> {
  try {
    return await readdir(dir);
  } catch (error) {
    const code = codeOf(error);
    const what = code === 'ENOENT' ? 'the folder does not exist' : `the folder cannot be read (${code})`;
    throw new ConfigError([
      {
        where: 'FEEDS_DIR',
        what: `${what}: ${JSON.stringify(dir)}`,
        remedy: 'Create it, or set FEEDS_DIR to the folder of your sources',
      },
    ]);
  }
}

/** Null: removed meanwhile, or not a file. */
async function readOne(file: string): Promise<DeclarationFile | null> {
  try {
    const found = await stat(file);
    if (!found.isFile()) return null;
    if (found.size > maxFileBytes) {
      return { kind: 'unreadable', reason: `is larger than ${maxFileBytes / 1024 / 1024} MB` };
    }
    return { kind: 'read', bytes: await readFile(file) };
  } catch (error) {
    const code = codeOf(error);
    if (code !== 'ENOENT') return { kind: 'unreadable', reason: `cannot be read (${code})` };
    return (await isLink(file)) ? { kind: 'unreadable', reason: 'is a broken symbolic link' } : null;
  }
}

async function isLink(file: string): Promise<boolean> {
  try {
    return (await lstat(file)).isSymbolicLink();
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** The system's error code, such as `ENOENT` or `EACCES`. */
function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
