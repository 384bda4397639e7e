import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';

/** A location for a database, and how to delete it. */
interface DatabaseLocation {
  readonly url: string;
  remove(): void;
}

/** A database engine that the contract tests run against. */
export interface TestEngine {
  readonly name: string;
  /** An empty location. */
  make(): DatabaseLocation;
  /** A location with an empty, migrated database. Faster than `make`: the file is copied. */
  copy(): Promise<DatabaseLocation>;
}

/** A file system in memory where there is one: these tests do not depend on flushes to disk. */
const tmp = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

/** A database file that is created once in a process and then copied. */
class Template {
  #created: Promise<string> | null = null;

  file(): Promise<string> {
    this.#created ??= this.#create();
    return this.#created;
  }

  async #create(): Promise<string> {
    const folder = mkdtempSync(path.join(tmp, 'newswire-template-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'newswire.sqlite');
    await openStore({ url: `sqlite:${file}`, poller: false }).then((store) => store.close());
    return file;
  }
}

const template = new Template();

function createLocation(): DatabaseLocation & { readonly file: string } {
  const folder = mkdtempSync(path.join(tmp, 'newswire-store-'));
  const file = path.join(folder, 'newswire.sqlite');
  return { file, url: `sqlite:${file}`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The engine of tests that do not depend on it. */
export const defaultEngine: TestEngine = {
  name: 'sqlite',
  make: createLocation,
  async copy() {
    const location = createLocation();
    copyFileSync(await template.file(), location.file);
    return location;
  },
};

/** All engines: a contract test runs once for each. */
export const engines: readonly TestEngine[] = [defaultEngine];

/** Opens an empty store. `remove` closes and deletes it. */
export async function createStore(
  engine = defaultEngine,
): Promise<{ store: Store; url: string; remove(): Promise<void> }> {
  const { url, remove } = await engine.copy();
  const store = await openStore({ url, poller: true });
  return { store, url, remove: () => store.close().finally(remove) };
}

/** Runs `work` on an empty store, then closes and deletes it. */
export async function withStore<T>(engine: TestEngine, work: (store: Store, url: string) => Promise<T>): Promise<T> {
  const { store, url, remove } = await createStore(engine);
  return work(store, url).finally(remove);
}
