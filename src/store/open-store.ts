import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError } from '../domain/config-error.ts';
import { adviceOnExit, StorageError, type StorageFault } from '../domain/storage.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Log, silentLog } from '../runtime/log.ts';
import type { Db, Engine } from './engine/engine.ts';
import { GroupCommit } from './engine/group-commit.ts';
import { SerialConnection } from './engine/serial-connection.ts';
import { connectSqlite, connectSqliteReadOnly } from './engine/sqlite/sqlite-engine.ts';
import { type FileMode, filesOpenToOthers, isPollLockHeld, withFileErrors } from './engine/sqlite/sqlite-file.ts';
import { storageFaultOf } from './engine/sqlite/sqlite-storage-fault.ts';
import { type StorageHealth, StorageMonitor } from './engine/storage-monitor.ts';
import { announcedPosition, createPositionRecorder } from './log/announced-position.ts';
import { beginEpoch, type RestoredLog } from './log/epoch.ts';
import { migrate, migrationNames } from './migrate.ts';

const maxBusyTries = 60;
const longestPauseMs = 250;

export interface StoreOptions {
  /** `sqlite:` and a path. */
  readonly url: string;
  /** Whether this process is the one that polls. */
  readonly poller: boolean;
  /** Whether the database may be made and its schema be brought up to date; true unless said. */
  readonly migrates?: boolean;
  /** Told of what the operator has to know: a backup that was restored, a disk that is full. Absent: nobody is. */
  readonly log?: Log;
  readonly clock?: Clock;
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
   * Several that are wanted at once may share a transaction, one after the other. Resolves when it is on the disk; rejects
   * with a StorageError, at once, while nothing can be stored.
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
  dataVersion(): number | null;
  /** Whether the database can be written, and since when not. */
  readonly storage: StorageHealth;
  /** Files of the database that others than their owner may open, though they hold secrets. */
  filesOpenToOthers(): readonly FileMode[];
  /**
   * Leaves the whole database in its one file.
   *
   * @throws Error when it could not, though all is closed.
   */
  close(): Promise<void>;
}

/** A database that is only looked at. */
export type ReadOnlyStore = Pick<Store, 'reader' | 'read' | 'close'>;

/** Tries again, with growing pauses, while another process holds the write lock. */
async function retryWhileBusy<T>(engine: Engine, work: () => Promise<T>): Promise<T> {
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
function databaseFile(url: string): string {
  const [, scheme = '', rest = ''] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(url) ?? [];
  if (scheme.toLowerCase() === 'sqlite') return rest.replace(/^\/\//, '');
  // Only the scheme is named: the rest may hold a password.
  const what = scheme === '' ? 'is not a URL' : `databases of the kind ${scheme}: are not supported yet`;
  const remedy = 'Write sqlite: and a path, as in sqlite:db/newswire.sqlite';
  throw new ConfigError([{ where: 'DATABASE_URL', what, remedy }]);
}

/** A claim that was never settled belonged to a process that died; its token stays, so that the next claim counts it. */
async function expireLeases(tx: Db): Promise<void> {
  await tx.updateTable('source').set({ leased_until_ms: 0 }).where('lease_token', 'is not', null).execute();
}

/** As much as a large batch of items. */
const probeBytes = 1024 * 1024;

/** Writes as much as a large batch does, and takes it back. */
async function probeWrite(writing: SerialConnection): Promise<void> {
  const name = 'storage-probe';
  const value = 'x'.repeat(probeBytes);
  await writing.transaction((tx) =>
    tx
      .insertInto('setting')
      .values({ name, value })
      .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
      .execute(),
  );
  await writing.transaction((tx) => tx.deleteFrom('setting').where('name', '=', name).execute());
}

function reportRestored({ was, announced, epoch }: RestoredLog, log: Log): void {
  log.warn(
    { was, announced, epoch },
    'the database lies behind what was announced: it was restored from a backup, and all readers are reset',
  );
}

/** What the storage refuses at the start is the operator's to set right. */
function startError(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new ConfigError([{ where: 'DATABASE_URL', ...adviceOnExit(error.fault) }]);
}

/**
 * Opens the database: makes it when it is not there and brings its schema up to date, unless told not to, and, for a
 * poller, takes the right to be the only one. A log that was restored from a backup gets a new epoch.
 *
 * @throws ConfigError when the database cannot be used or another process polls with it; a file is then as it was.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { url, poller, migrates = true, log = silentLog, clock = systemClock } = options;
  const readError = (error: unknown): unknown => storage.readError(error);
  const connections = connectSqlite(databaseFile(url), { poller, migrates, known: migrationNames, readError });
  const { engine, file } = connections;
  const writing = new SerialConnection('writer', connections.writer);
  const reading = new SerialConnection('reader', connections.reader);
  const storage = new StorageMonitor({
    ...{ file, clock, log },
    faultOf: (error) => connections.faultOf(error),
    probeWrite: () => probeWrite(writing),
  });
  const patient = <T>(work: () => Promise<T>): Promise<T> => storage.guardWrite(() => retryWhileBusy(engine, work));
  const writes = new GroupCommit((work) => patient(() => writing.transaction(work)));
  const write: Store['write'] = async (work, items = 1) => writes.write(writing.inCallerContext(work), items);
  const read: Store['read'] = async (work) => reading.transaction(reading.inCallerContext(work));
  const announced = announcedPosition(file);
  const recorder = createPositionRecorder(announced, { position: () => connections.logPosition(), log });
  const disconnect = async (): Promise<void> => {
    await writes.idle();
    await storage.close();
    await reading.db.destroy();
    try {
      connections.release();
    } finally {
      await writing.db.destroy();
    }
  };
  try {
    await patient(() => migrate(writing.db));
    const restored = await write(async (tx) => {
      await engine.createSearchIndex(tx);
      if (poller) await expireLeases(tx);
      // While this holds the write lock no other process is between a commit and its record.
      return beginEpoch(
        tx,
        withFileErrors(`${file}.announced`, 'read', () => announced.read()),
      );
    });
    if (restored !== null) reportRestored(restored, log);
  } catch (error) {
    await disconnect().catch((failure: unknown) => {
      // A file that may not be written fails again when it is closed. The start is refused for that already.
      if (connections.faultOf(failure) === null) log.error({ err: failure }, 'the database was not closed well');
    });
    throw startError(error);
  }
  recorder.record();
  connections.onCommit(() => recorder.record());
  const close = async (): Promise<void> => {
    await writes.idle();
    recorder.flush();
    await disconnect();
  };
  return {
    ...{ writer: writing.db, reader: reading.db, write, read, close, storage },
    announce: () => writes.expectWrite(),
    dataVersion: () => connections.dataVersion(),
    filesOpenToOthers: () => filesOpenToOthers(file),
  };
}

/**
 * Opens the database to look at it only, beside whoever writes: nothing is made, brought up to date or locked.
 *
 * @throws ConfigError when there is none, or its schema is not that of this version.
 */
export function openReadOnlyStore(url: string): ReadOnlyStore {
  const connection = connectSqliteReadOnly(databaseFile(url), migrationNames);
  const reading = new SerialConnection('reader', connection.reader);
  return {
    reader: reading.db,
    read: async (work) => reading.transaction(reading.inCallerContext(work)),
    close: async () => {
      await reading.db.destroy();
      connection.release();
    },
  };
}

/** The fault of the storage that an error of `openStoreToRead`, or of reading with it, stands for; null: another kind. */
export function readFaultOf(error: unknown, url: string): StorageFault | null {
  const cause = error instanceof ConfigError ? error.cause : error;
  return storageFaultOf(cause, databaseFile(url));
}

/** Whether a process polls with this database now, this one or another. */
export function isPollerRunning(url: string): boolean {
  return isPollLockHeld(databaseFile(url));
}
