import path from 'node:path';
import Database from 'better-sqlite3';
import type { Home } from './server.ts';
import { until } from './until.ts';

/**
 * Makes a source due now in the database, bypassing the limit of one requested read per minute. Waits for a running read
 * to end, since that would set the next check again.
 */
export async function makeDue(home: Home, sourceId: string): Promise<void> {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  try {
    const make = database.prepare('UPDATE source SET next_check_ms = 0 WHERE id = ? AND lease_token IS NULL');
    await until(`${sourceId} to be free`, () => (make.run(sourceId).changes === 1 ? true : null));
  } finally {
    database.close();
  }
}
