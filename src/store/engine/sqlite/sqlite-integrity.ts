import { openForReading } from './sqlite-file.ts';

const busyTimeoutMs = 5000;
const maxMessages = 5;

/**
 * Checks the structure of a database file without changing it: pages, records and the order of indexes, but not whether
 * indexes and tables agree. Reads the whole file, which takes seconds for each gigabyte, and blocks meanwhile.
 *
 * @returns what is damaged, at most five messages; empty: nothing.
 * @throws ConfigError when the file cannot be opened, or the error of the engine when it cannot be read.
 */
export function findDamage(file: string): readonly string[] {
  const database = openForReading(file, busyTimeoutMs);
  try {
    const messages = database.prepare<[], string>(`pragma quick_check(${maxMessages})`).pluck().all();
    return messages.length === 1 && messages[0] === 'ok' ? [] : messages;
  } finally {
    database.close();
  }
}
