import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, FetchError, formatBytes } from './client/fetch-error.ts';

/**
 * Reads a `file:` source: a regular file inside the feeds folder. Symbolic links are resolved first, so that none leads
 * out of the folder. `file:welcome.xml` is relative to the folder.
 *
 * @throws Trouble `file_missing`, `file_unreadable`, `body_too_large`, `empty`
 */
export async function readLocalFile(url: string, feedsDir: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const path = await insidePath(url, feedsDir);
    // O_NONBLOCK: opening a FIFO or a device could block forever. O_NOFOLLOW: open exactly the path that was resolved.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return await readRegular(handle, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw toFileError(error);
  }
}

async function insidePath(url: string, feedsDir: string): Promise<string> {
  const folder = await realpath(feedsDir);
  const path = await realpath(pathOf(url, [resolve(feedsDir), folder]));
  if (!isInside(folder, path)) {
    throw new FetchError('file_unreadable', 'The file is outside the feeds folder. Move it into the folder');
  }
  return path;
}

/** `file:x.xml` and `file:///x.xml`, its parsed form, both name x.xml in the feeds folder. */
function pathOf(url: string, folders: readonly [string, string]): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 'file:' || parsed.host !== '') throw notAFileUrl();
  const path = fileURLToPath(parsed);
  return folders.some((folder) => isInside(folder, path)) ? path : join(folders[1], path);
}

function isInside(folder: string, path: string): boolean {
  const inner = relative(folder, path);
  return inner !== '' && inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}

function notAFileUrl(): FetchError {
  return new FetchError(
    'bad_url',
    'The URL does not name a local file. Write file: and a path inside the feeds folder',
  );
}

async function readRegular(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new FetchError('file_unreadable', 'The path is not a regular file. Use the path of a file');
  if (stat.size > maxBytes) throw tooLarge(maxBytes);
  // One byte more than its size, to detect a file that grows while it is read.
  const block = new Uint8Array(stat.size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, length, block.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === block.length) break;
  }
  if (length > maxBytes) throw tooLarge(maxBytes);
  if (length === 0) throw new FetchError('empty', 'The file is empty. Newswire reads it again when it changes');
  return block.slice(0, length);
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError('body_too_large', `The file exceeds ${formatBytes(maxBytes)}. Split it into several sources`);
}

function toFileError(error: unknown): unknown {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FetchError(
      'file_missing',
      'The file does not exist in the feeds folder. Add the file or remove the source',
    );
  }
  // Thrown by fileURLToPath for a percent-encoded slash or NUL.
  if (code.startsWith('ERR_INVALID_')) return notAFileUrl();
  if (!(error instanceof FetchError) && code !== '') {
    return new FetchError('file_unreadable', `The file cannot be read (${code}). Check its permissions`);
  }
  return error;
}
