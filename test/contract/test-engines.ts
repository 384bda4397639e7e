import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';

/** A place for a database, and how to clear it away. */
export interface Place {
  readonly url: string;
  remove(): void;
}

/** A database engine that the contract is run against. */
export interface TestEngine {
  readonly name: string;
  /** A place with nothing in it. */
  make(): Place;
  /** A place with an empty database in it, for tests to which its making is nothing new: it is copied from one. */
  copy(): Promise<Place>;
}

/** In memory where the system has such a place: what is stored is tested here, not how fast a disk flushes. */
const tmp = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

/** A file that is made once in a process and copied ever after. */
class Template {
  #made: Promise<string> | null = null;

  file(): Promise<string> {
    this.#made ??= this.#make();
    return this.#made;
  }

  async #make(): Promise<string> {
    const folder = mkdtempSync(path.join(tmp, 'newswire-template-'));
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    const file = path.join(folder, 'newswire.sqlite');
    await openStore({ url: `sqlite:${file}`, poller: false }).then((store) => store.close());
    return file;
  }
}

const template = new Template();

function folderPlace(): Place & { readonly file: string } {
  const folder = mkdtempSync(path.join(tmp, 'newswire-store-'));
  const file = path.join(folder, 'newswire.sqlite');
  return { file, url: `sqlite:${file}`, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Every engine there is: a contract test runs once for each. */
export const engines: readonly TestEngine[] = [
  {
    name: 'sqlite',
    make: folderPlace,
    async copy() {
      const place = folderPlace();
      copyFileSync(await template.file(), place.file);
      return place;
    },
  },
];

/** Runs `work` on an empty store and clears it away, whatever came of it. */
export async function withStore<T>(engine: TestEngine, work: (store: Store, url: string) => Promise<T>): Promise<T> {
  const place = await engine.copy();
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
