import { constants } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { errorCode, FetchError, formatBytes } from './client/fetch-error.ts';

/**
 * Reads a `file:` source: a regular file inside the feeds folder, symbolic links resolved first, so that none leads
 * out of it. `file:welcome.xml` is relative to the folder.
 *
 * @throws Trouble `file_missing`, `file_unreadable`, `body_too_large`, `empty`
 */
export async function readLocalFile(url: string, feedsDir: string, maxBytes: number): Promise<Uint8Array> {
  try {
    const path = await insidePath(url, feedsDir);
    // A FIFO or a device would block the open for ever. O_NOFOLLOW: what was resolved is what is opened.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return await readRegular(handle, maxBytes);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw explain(error);
  }
}

async function insidePath(url: string, feedsDir: string): Promise<string> {
  const folder = await realpath(feedsDir);
  const path = await realpath(pathOf(url, [resolve(feedsDir), folder]));
  if (!isInside(folder, path)) {
    throw new FetchError('file_unreadable', 'The file is outside the feeds folder. Move it there');
  }
  return path;
}

/** `file:x.xml`, and `file:///x.xml` which URL parsers make of it, both mean the folder's own x.xml. */
function pathOf(url: string, folders: readonly [string, string]): string {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.protocol !== 'file:' || parsed.host !== '') throw notAFile();
  const path = fileURLToPath(parsed);
  return folders.some((folder) => isInside(folder, path)) ? path : join(folders[1], path);
}

function isInside(folder: string, path: string): boolean {
  const inner = relative(folder, path);
  return inner !== '' && inner !== '..' && !inner.startsWith(`..${sep}`) && !isAbsolute(inner);
}

function notAFile(): FetchError {
  return new FetchError('bad_url', 'The address is not of a local file. Write file: and a name in the feeds folder');
}

async function readRegular(handle: FileHandle, maxBytes: number): Promise<Uint8Array> {
  const stat = await handle.stat();
  if (!stat.isFile()) throw new FetchError('file_unreadable', 'This is not a regular file. Name one that is');
  if (stat.size > maxBytes) throw tooLarge(maxBytes);
  // One byte more than it should have: a file that grows while it is read is noticed.
  const block = new Uint8Array(stat.size + 1);
  let length = 0;
  for (;;) {
    const { bytesRead } = await handle.read(block, length, block.length - length, length);
    length += bytesRead;
    if (bytesRead === 0 || length === block.length) break;
  }
  if (length > maxBytes) throw tooLarge(maxBytes);
  if (length === 0) throw new FetchError('empty', 'The file is empty. It is read again when it changes');
  return block.slice(0, length);
}

function tooLarge(maxBytes: number): FetchError {
  return new FetchError('body_too_large', `The file is over ${formatBytes(maxBytes)}. Split it`);
}

function explain(error: unknown): unknown {
  const code = errorCode(error);
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return new FetchError(
      'file_missing',
      'There is no such file in the feeds folder. Put it there or remove the source',
    );
  }
  // Of an escape that stands for a slash or a NUL.
  if (code.startsWith('ERR_INVALID_')) return notAFile();
  if (!(error instanceof FetchError) && code !== '') {
    return new FetchError('file_unreadable', `The file cannot be read (${code}). Check its permissions`);
  }
  return error;
}
