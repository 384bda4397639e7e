import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';

/** The database of the current test, and the store of a running server on it, which holds the poll lock. */
export interface CliDatabase {
  readonly server: Store;
  /** The environment of a command on the same database. */
  readonly env: Record<string, string>;
}

/** Opens a database for each test of the calling group; `env` has further variables of the commands. */
export function useCliDatabase(env: Readonly<Record<string, string>> = {}): CliDatabase {
  let folder: string;
  let server: Store;
  const url = () => `sqlite:${path.join(folder, 'newswire.sqlite')}`;
  beforeEach(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-cli-'));
    server = await openStore({ url: url(), poller: true });
  });
  afterEach(async () => {
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    get server() {
      return server;
    },
    get env() {
      return { DATABASE_URL: url(), ...env };
    },
  };
}
