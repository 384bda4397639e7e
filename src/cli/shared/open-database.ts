import { existsSync } from 'node:fs';
import { databaseFile, readSettings } from '../../config/environment/environment.ts';
import type { ReadOnlyStore, Store } from '../../store/engine/store.ts';
import { type CliIo, CommandError } from './io.ts';

/**
 * Runs `work` on the database that the environment names, beside a server that may be using it. A command looks at what
 * a server has left and never makes a database of its own, nor changes its schema under a server of an older version.
 *
 * @throws CommandFailed when there is none yet, ConfigError when it is of another version.
 */
export async function withDatabase<T>(io: CliIo, work: (store: Store) => Promise<T>): Promise<T> {
  const url = existingDatabase(io);
  // Loaded only now: it brings the engine along, which most commands do without.
  const { openStore } = await import('../../store/open-store.ts');
  return await use(await openStore({ url, poller: false, migrates: false }), work);
}

/** The same for a command that only reads: it writes nothing, takes no lock and waits for nobody. */
export async function withReadOnlyDatabase<T>(io: CliIo, work: (store: ReadOnlyStore) => Promise<T>): Promise<T> {
  const url = existingDatabase(io);
  const { openReadOnlyStore } = await import('../../store/open-store.ts');
  return await use(openReadOnlyStore(url), work);
}

/** Whether a server polls with the database that the environment names. */
export async function isServerPolling(io: CliIo): Promise<boolean> {
  const { isPollerRunning } = await import('../../store/open-store.ts');
  return isPollerRunning(readSettings(io.env).databaseUrl);
}

function existingDatabase(io: CliIo): string {
  const { databaseUrl } = readSettings(io.env);
  const file = databaseFile(databaseUrl);
  if (file !== null && !existsSync(file)) {
    throw new CommandError(`there is no database at ${file} yet; "newswire serve" makes it`);
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
