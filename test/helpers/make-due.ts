import path from 'node:path';
import Database from 'better-sqlite3';
import type { Home } from './server.ts';

/**
 * Makes a source due now, behind the back of the rule that spares a publisher a second read within a minute: a test
 * has no minute.
 */
export function makeDue(home: Home, sourceId: string): void {
  const database = new Database(path.join(home.folder, 'newswire.sqlite'), { timeout: 5000 });
  try {
    const made = database.prepare('UPDATE source SET next_check_ms = 0 WHERE id = ?').run(sourceId);
    if (made.changes !== 1) throw new Error(`there is no source ${sourceId}`);
  } finally {
    database.close();
  }
}
