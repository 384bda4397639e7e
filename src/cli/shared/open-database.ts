import { existsSync } from 'node:fs';
import { databaseFile, readSettings } from '../../config/environment/environment.ts';
import type { ReadOnlyStore, Store } from '../../store/engine/store.ts';
import { type CliIo, CommandError } from './io.ts';

/**
 * Runs `work` on the configured database, which a server may be using. A command never creates a database and never migrates
 * one, so that it cannot change the schema of a running server of an older version.
 *
 * @throws CommandError when the database does not exist, ConfigError when its schema has another version.
 */
export async function withDatabase<T>(io: CliIo, work: (store: Store) => Promise<T>): Promise<T> {
  const url = existingDatabase(io);
  // Loaded on demand: it loads the database engine, which most commands do not need.
  const { openStore } = await import('../../store/open-store.ts');
  return await use(await openStore({ url, poller: false, migrates: false }), work);
}

/** The same for a command that only reads: no writes, no locks, no waiting. */
export async function withReadOnlyDatabase<T>(io: CliIo, work: (store: ReadOnlyStore) => Promise<T>): Promise<T> {
  const url = existingDatabase(io);
  const { openReadOnlyStore } = await import('../../store/open-store.ts');
  return await use(openReadOnlyStore(url), work);
}

/** Whether a server is polling with the configured database. */
export async function isServerPolling(io: CliIo): Promise<boolean> {
  const { isPollerRunning } = await import('../../store/open-store.ts');
  return isPollerRunning(readSettings(io.env).databaseUrl);
}

function existingDatabase(io: CliIo): string {
  const { databaseUrl } = readSettings(io.env);
  const file = databaseFile(databaseUrl);
  if (file !== null && !existsSync(file)) {
    throw new CommandError(`there is no database at ${file}; "newswire serve" creates it`);
  }
  return databaseUrl;
}

async function use<S extends Pick<Store, 'close'>, T>(store: S, work: (store: S) => Promise<T>): Promise<T> {
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}
