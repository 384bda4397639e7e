import { readFileSync } from 'node:fs';

/** Assumed where the system gives no limit. */
const unknown = 65_536;

/** The number of files and connections that this process may have open at once (soft limit). */
export function openFilesLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(read())?.[1] ?? unknown);
    return Number.isSafeInteger(limit) && limit > 0 ? limit : unknown;
  } catch {
    // Only Linux has this file.
    return unknown;
  }
}
