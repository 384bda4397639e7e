import { existsSync } from 'node:fs';
import { databaseFile, readSettings } from '../config/environment.ts';
import type { Store } from '../store/open.ts';
import { type CliIo, CommandFailed } from './io.ts';

/**
 * Runs `work` on the database that the environment names, beside a server that may be using it. A command looks at what
 * a server has left and never makes a database of its own.
 *
 * @throws CommandFailed when there is none yet.
 */
export async function withDatabase<T>(io: CliIo, work: (store: Store) => Promise<T>): Promise<T> {
  const { databaseUrl } = readSettings(io.env);
  const file = databaseFile(databaseUrl);
  if (file !== null && !existsSync(file)) {
    throw new CommandFailed(`there is no database at ${file} yet; "newswire serve" makes it`);
  }
  // Loaded only now: it brings the engine along, which most commands do without.
  const { openStore } = await import('../store/open.ts');
  const store = await openStore({ url: databaseUrl, poller: false });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
