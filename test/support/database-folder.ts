import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import type { Store } from '../../src/store/engine/store.ts';
import { openStore } from '../../src/store/open-store.ts';
import { anItemDraft } from './builders.ts';
import { createStoreFixture } from './store-fixture.ts';

/** What a database file contains. */
export interface DatabaseContent {
  readonly epoch: string;
  readonly head: number;
  /** The positions of all events. */
  readonly seqs: readonly number[];
  readonly items: number;
  readonly integrity: string;
}

/** A file system in memory where there is one: these tests do not depend on flushes to disk. */
const tmp = existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

/** A folder for a database and its backups. */
export class DatabaseFolder {
  readonly path = mkdtempSync(path.join(tmp, 'newswire-backup-'));
  readonly file = this.at('news.sqlite');
  readonly url = `sqlite:${this.file}`;

  at(...names: string[]): string {
    return path.join(this.path, ...names);
  }

  /** The names of the files in it, sorted, except those of a database in use. */
  names(folder = this.path): string[] {
    return readdirSync(folder)
      .filter((name) => !/-(wal|shm)$|\.(lock|lock-journal|announced)$/.test(name))
      .sort();
  }

  /** Stores items with these numbers through a store that is open. */
  async store(store: Store, numbers: readonly number[]): Promise<void> {
    const fixture = await createStoreFixture(store, 'a');
    await fixture.read(
      'a',
      numbers.map((number) => anItemDraft(`n${number}`)),
    );
  }

  /** Opens the database, stores items with these numbers, and closes it. */
  async fill(...numbers: number[]): Promise<void> {
    const store = await openStore({ url: this.url, poller: true });
    await this.store(store, numbers);
    await store.close();
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** Reads a database file directly, as another program does. The file is not changed. */
export function contentOf(file: string): DatabaseContent {
  const database = new Database(file, { readonly: true, fileMustExist: true });
  try {
    const column = <T>(statement: string): T[] => database.prepare<[], T>(statement).pluck().all();
    return {
      epoch: column<string>('select epoch from event_log')[0] ?? '',
      head: column<number>('select head from event_log')[0] ?? -1,
      seqs: column<number>('select seq from event order by seq'),
      items: column<number>('select count(*) from item')[0] ?? -1,
      integrity: column<string>('pragma integrity_check').join('; '),
    };
  } finally {
    database.close();
  }
}

/** The numbers from 1 to `last`. */
export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
