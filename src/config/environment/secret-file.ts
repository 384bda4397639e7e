import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import path from 'node:path';
import type { ParsedValue } from './environment-values.ts';

const maxSecretBytes = 64 * 1024;

/**
 * Reads a file that contains one secret, such as those that container platforms mount. Line breaks at its end are
 * removed. Messages name the file and never contain its text.
 *
 * @param file relative paths count from the working directory.
 * @returns text of one line, not empty; or why the file cannot be used.
 */
export function readSecretFile(file: string): ParsedValue<string> {
  const name = JSON.stringify(file);
  const bytes = readBounded(path.resolve(file));
  if (typeof bytes === 'string') return { what: `the file ${name} ${bytes}`, remedy: remedyOf(bytes) };
  const text = decode(bytes);
  const refuse = (what: string): ParsedValue<string> => ({
    what: `the file ${name} ${what}`,
    remedy: 'Write the secret alone into the file, as one line of UTF-8 text',
  });
  if (text === null) return refuse('is not UTF-8 text');
  const value = text.replace(/[\r\n]+$/, '');
  if (value === '') return refuse('is empty');
  // A URL parser would remove these, so that the mask would not match what is sent.
  if (/[\p{Cc}\u2028\u2029]/u.test(value)) return refuse('contains more than one line, or control characters');
  return { value };
}

function remedyOf(reason: string): string {
  return reason === 'does not exist'
    ? 'Create it, or correct the path'
    : 'Name a readable file that contains only the secret';
}

/** The bytes of a file, or why it cannot be read. */
function readBounded(file: string): Uint8Array | string {
  if (file.includes('\0')) return 'does not exist';
  let handle: number | null = null;
  try {
    // Opening a pipe without a writer would block.
    handle = openSync(file, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    if (!fstatSync(handle).isFile()) return 'is not a regular file';
    const buffer = Buffer.alloc(maxSecretBytes + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(handle, buffer, length, buffer.length - length, null);
    }
    return length > maxSecretBytes ? `is larger than ${maxSecretBytes / 1024} KB` : buffer.subarray(0, length);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  } finally {
    if (handle !== null) closeSync(handle);
  }
}

function decode(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
