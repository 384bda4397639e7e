import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Dialect, Kysely, type KyselyPlugin, type PluginTransformQueryArgs } from 'kysely';
import { ConfigError } from '../domain/config-error.ts';
import type { Db, Engine } from './dialect.ts';
import { connectSqlite, connectSqliteToRead } from './dialect-sqlite.ts';
import { isLockedForPolling } from './dialect-sqlite-file.ts';
import { GroupedWrites } from './grouped-writes.ts';
import { migrate, migrationNames } from './migrate.ts';
import type { Tables } from './tables.ts';

const maxBusyTries = 60;
const longestPauseMs = 250;

export interface StoreOptions {
  /** `sqlite:` and a path. */
  readonly url: string;
  /** Whether this process is the one that polls. */
  readonly poller: boolean;
  /** Whether the database may be made and its schema be brought up to date; true unless said. */
  readonly migrates?: boolean;
}

/** The database, open. Store functions take an executor out of it; only here are transactions begun. */
export interface Store {
  readonly writer: Db;
  /** Sees committed rows only, refuses writes, and never waits for the writer. */
  readonly reader: Db;
  /**
   * Runs `work` in one transaction that holds the write lock from its first statement. `work` may run again from the
   * start when another process is writing, so it leaves nothing behind outside the transaction. Never inside another
   * `write`, and never with `writer` inside it: both throw, where they would wait for themselves for ever.
   *
   * Several that are wanted at once may share a transaction, one after the other. Resolves when it is on the disk.
   *
   * @param items how many items it writes, if many.
   */
  write<T>(work: (tx: Db) => Promise<T>, items?: number): Promise<T>;
  /**
   * Says that a write of many items is on its way: others hold out for it, some ms, to share its transaction.
   *
   * @returns what to call once when it is wanted, or will not be.
   */
  announce(): () => void;
  /** Runs `work` on one snapshot: everything it reads is of the same instant. */
  read<T>(work: (tx: Db) => Promise<T>): Promise<T>;
  /** Differs after every commit, whoever made it: what was read under an equal mark is still right. Null: unknown. */
  mark(): number | null;
  close(): Promise<void>;
}

/** A database that is only looked at. */
export type ReadingStore = Pick<Store, 'reader' | 'read' | 'close'>;

/** One Kysely object has one connection and a queue for it: whoever holds it may not queue behind itself. */
class OneAtATime {
  readonly #inside = new AsyncLocalStorage<{ open: boolean }>();
  readonly #name: string;
  readonly db: Db;

  constructor(name: string, dialect: Dialect) {
    this.#name = name;
    const guard: KyselyPlugin = {
      transformQuery: ({ node }: PluginTransformQueryArgs) => {
        this.#refuseInside();
        return node;
      },
      transformResult: async ({ result }) => result,
    };
    this.db = new Kysely<Tables>({ dialect, plugins: [guard] });
  }

  #refuseInside(): void {
    // What outlives its transaction, a timer set within it for one, is not inside any more.
    if (this.#inside.getStore()?.open !== true) return;
    throw new Error(`the store's ${this.#name} was used inside its own transaction: use the one that was passed in`);
  }

  async transaction<T>(work: (tx: Db) => Promise<T>): Promise<T> {
    return this.db.transaction().execute((tx) => work(tx.withoutPlugins()));
  }

  /** A piece of work within a transaction, in the context of whoever asks for it now. */
  part<T>(work: (tx: Db) => Promise<T>): (tx: Db) => Promise<T> {
    this.#refuseInside();
    const place = { open: true };
    const inContext = AsyncLocalStorage.snapshot();
    return async (tx) => {
      try {
        return await inContext(() => this.#inside.run(place, () => work(tx)));
      } finally {
        place.open = false;
      }
    };
  }
}

/** Tries again, with growing pauses, while another process holds the write lock. */
async function patiently<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (error) {
      if (!engine.isBusy(error) || tries >= maxBusyTries) throw error;
      await pause(Math.min(longestPauseMs, 5 * 2 ** tries) * (0.5 + Math.random() / 2));
    }
  }
}

/** The file of a database address. */
function fileOf(url: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
  if (scheme.toLowerCase() === 'sqlite') return rest.replace(/^\/\//, '');
  // Only the scheme is named: the rest may hold a password.
  const what = scheme === '' ? 'is not a URL' : `databases of the kind ${scheme}: are not supported yet`;
  const remedy = 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite';
  throw new ConfigError([{ where: 'DATABASE_URL', what, remedy }]);
}

/** What a new database needs before its first use, and what every start of a poller begins with. */
async function begin(db: Db, poller: boolean): Promise<void> {
  await db
    .insertInto('stream_head')
    .values({ id: 1, epoch: newEpoch(), head: 0, floor: 1, changed_ms: null })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  // A claim that was never settled belonged to a process that died; its token stays, so that the next claim counts it.
  if (poller) {
    await db.updateTable('source').set({ leased_until_ms: 0 }).where('lease_token', 'is not', null).execute();
  }
}

/** A name for a run of the log: replaced when the log no longer continues the one that readers know. */
export function newEpoch(): string {
  return randomBytes(6).readUIntBE(0, 6).toString(36).padStart(8, '0');
}

/**
 * Opens the database: makes it when it is not there and brings its schema up to date, unless told not to, and, for a
 * poller, takes the right to be the only one.
 *
 * @throws ConfigError when the database cannot be used or another process polls with it; a file is then as it was.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, poller, migrates = true } = options;
  const connections = connectSqlite(fileOf(url), { poller, migrates, known: migrationNames });
  const { engine } = connections;
  const writing = new OneAtATime('writer', connections.writer);
  const reading = new OneAtATime('reader', connections.reader);
  const writes = new GroupedWrites((work) => patiently(engine, () => writing.transaction(work)));
  const write: Store['write'] = async (work, items = 1) => writes.write(writing.part(work), items);
  const read: Store['read'] = async (work) => reading.transaction(reading.part(work));
  const close = async (): Promise<void> => {
    await writes.idle();
    await reading.db.destroy();
    await writing.db.destroy();
    connections.release();
  };
  try {
    await patiently(engine, () => migrate(writing.db));
    await write(async (tx) => {
      await engine.prepare(tx);
      await begin(tx, poller);
    });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    ...{ writer: writing.db, reader: reading.db, write, read, close },
    announce: () => writes.announce(),
    mark: () => connections.mark(),
  };
}

/**
 * Opens the database to look at it only, beside whoever writes: nothing is made, brought up to date or locked.
 *
 * @throws ConfigError when there is none, or its schema is not that of this version.
 */
export function openStoreToRead(url: string): ReadingStore {
  const connection = connectSqliteToRead(fileOf(url), migrationNames);
  const reading = new OneAtATime('reader', connection.reader);
  return {
    reader: reading.db,
    read: async (work) => reading.transaction(reading.part(work)),
    close: async () => {
      await reading.db.destroy();
      connection.release();
    },
  };
}

/** Whether a process polls with this database now, this one or another. */
export function isPolled(url: string): boolean {
  return isLockedForPolling(fileOf(url));
}
