import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openStore, type Store } from '../../src/store/open.ts';

/** A database engine that the contract is run against. */
export interface TestEngine {
  readonly name: string;
  /** A place for an empty database, and how to clear it away. */
  make(): { readonly url: string; readonly remove: () => void };
}

/** Every engine there is: a contract test runs once for each. */
export const engines: readonly TestEngine[] = [
  {
    name: 'sqlite',
    make() {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-store-'));
      return {
        url: `sqlite:${path.join(folder, 'newswire.sqlite')}`,
        remove: () => rmSync(folder, { recursive: true, force: true }),
      };
    },
  },
];

/** Runs `work` on an empty store and clears it away, whatever came of it. */
export async function withStore<T>(engine: TestEngine, work: (store: Store, url: string) => Promise<T>): Promise<T> {
  const place = engine.make();
  try {
    const store = await openStore({ url: place.url, poller: true });
    try {
      return await work(store, place.url);
    } finally {
      await store.close();
    }
  } finally {
    place.remove();
  }
}
