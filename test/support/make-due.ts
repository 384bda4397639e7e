import path from 'node:path';
import Database from 'better-sqlite3';
import type { Home } from './server.ts';
import { until } from './until.ts';

/**
 * Makes a source due now, behind the back of the rule that spares a publisher a second read within a minute: a test
 * has no minute. Waits for a read that is under way to be settled, which would set the next check again.
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
