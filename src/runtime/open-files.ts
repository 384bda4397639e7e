import { readFileSync } from 'node:fs';

/** Where the system does not say, there is no limit that we know of. */
const unknown = 65_536;

/** How many files and connections this process may have open at once. */
export function openFilesLimit(read: () => string = () => readFileSync('/proc/self/limits', 'utf8')): number {
  try {
    const limit = Number(/^Max open files\s+(\d+)/m.exec(read())?.[1] ?? unknown);
    return Number.isSafeInteger(limit) && limit > 0 ? limit : unknown;
  } catch {
    // Only Linux has this file; elsewhere the limits are the system's to say.
    return unknown;
  }
}
