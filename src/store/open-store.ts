import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { ConfigError } from '../domain/config-error.ts';
import { adviceOnExit, StorageError, type StorageFault } from '../domain/storage.ts';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { type Log, silentLog } from '../runtime/log.ts';
import { fileOfUrl } from './engine/database-url.ts';
import type { Connections, Db, Engine } from './engine/engine.ts';
import { GroupCommit } from './engine/group-commit.ts';
import { SerialConnection } from './engine/serial-connection.ts';
import { isPollLockHeld } from './engine/sqlite/file-locks.ts';
import { migrateWithBackup } from './engine/sqlite/migration-backup.ts';
import { connectSqlite, connectSqliteReadOnly } from './engine/sqlite/sqlite-engine.ts';
import { filesOpenToOthers, withFileErrors } from './engine/sqlite/sqlite-file.ts';
import { findDamage } from './engine/sqlite/sqlite-integrity.ts';
import { readFileSizes } from './engine/sqlite/sqlite-sizes.ts';
import { storageFaultOf } from './engine/sqlite/sqlite-storage-fault.ts';
import { StorageMonitor } from './engine/storage-monitor.ts';
import type { DatabaseSizes, FileMode, ReadOnlyStore, Store } from './engine/store.ts';
import { announcedPosition, createPositionRecorder, type PositionRecorder } from './log/announced-position.ts';
import { beginEpoch } from './log/epoch.ts';
import { migrate, migrationNames } from './migrate.ts';
import { writeSetting } from './stored-settings.ts';

const maxBusyTries = 60;
const longestPauseMs = 250;

/** How a database is opened. */
export interface StoreOptions {
  /** `sqlite:` and a path. */
  readonly url: string;
  /** Whether this process polls: at most one process may do so with a database. */
  readonly poller: boolean;
  /** Whether the database may be created and its schema migrated. Default: true. */
  readonly migrates?: boolean;
  /** Receives what the operator has to know: a restored backup, a full disk. Default: no log. */
  readonly log?: Log;
  readonly clock?: Clock;
}

/** Retries with exponential backoff while another process holds the write lock. */
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

/**
 * Expires the leases of a poller that was killed: no other process polls now. The tokens stay, so that the next claim
 * counts the lost leases.
 */
async function expireLeases(tx: Db): Promise<void> {
  await tx.updateTable('source').set({ leased_until_ms: 0 }).where('lease_token', 'is not', null).execute();
}

/** The size of a large batch of items: a disk with less free space counts as full. */
const probeBytes = 1024 * 1024;

/** Writes as much as a large batch of items does, and deletes it again. */
async function probeWrite(writer: SerialConnection): Promise<void> {
  const name = 'storage-probe';
  await writer.transaction((tx) => writeSetting(tx, name, 'x'.repeat(probeBytes)));
  await writer.transaction((tx) => tx.deleteFrom('setting').where('name', '=', name).execute());
}

/** The operator has to solve a storage fault before the server can start: hence a ConfigError. */
function toStartError(error: unknown): unknown {
  if (!(error instanceof StorageError)) return error;
  return new ConfigError([{ where: 'DATABASE_URL', ...adviceOnExit(error.fault) }]);
}

/** The parts that `openStore` connects. */
interface OpenParts {
  readonly connections: Connections;
  readonly writer: SerialConnection;
  readonly reader: SerialConnection;
  readonly storage: StorageMonitor;
  readonly commits: GroupCommit;
  readonly recorder: PositionRecorder;
  readonly log: Log;
  readonly clock: Clock;
  guarded<T>(work: () => Promise<T>): Promise<T>;
}

function connect({ url, poller, migrates = true, log = silentLog, clock = systemClock }: StoreOptions): OpenParts {
  const readError = (error: unknown): unknown => storage.readError(error);
  const connections = connectSqlite(fileOfUrl(url), { poller, migrates, known: migrationNames, readError });
  const { engine, file } = connections;
  const writer = new SerialConnection('writer', connections.writer);
  const storage = new StorageMonitor({
    ...{ file, clock, log },
    faultOf: (error) => connections.faultOf(error),
    probeWrite: () => probeWrite(writer),
  });
  const guarded: OpenParts['guarded'] = (work) => storage.guardWrite(() => retryWhileBusy(engine, work));
  return {
    ...{ connections, writer, storage, log, clock, guarded },
    reader: new SerialConnection('reader', connections.reader),
    commits: new GroupCommit((work) => guarded(() => writer.transaction(work))),
    recorder: createPositionRecorder(announcedPosition(file), { position: () => connections.logPosition(), log }),
  };
}

/** Migrates the schema and begins the epoch of the log. */
async function prepare(parts: OpenParts, poller: boolean): Promise<void> {
  const { connections, writer, commits, guarded, log } = parts;
  const announced = announcedPosition(connections.file);
  const migration = { file: connections.file, known: migrationNames, clock: parts.clock, log };
  await migrateWithBackup(migration, () => guarded(() => migrate(writer.db)));
  const restored = await commits.write(async (tx) => {
    await connections.engine.createSearchIndex(tx);
    if (poller) await expireLeases(tx);
    // Read under the write lock: no other process is between a commit and its record then.
    return beginEpoch(
      tx,
      withFileErrors(`${connections.file}.announced`, 'read', () => announced.read()),
    );
  }, 1);
  if (restored === null) return;
  log.warn(
    { ...restored },
    'the database is behind the position that was announced: it was restored from a backup, and all readers are reset',
  );
}

/** Closes the reader before the writer: the connection that closes last checkpoints the write-ahead log. */
async function disconnect({ connections, commits, storage, reader, writer }: OpenParts): Promise<void> {
  await commits.idle();
  await storage.close();
  await reader.db.destroy();
  try {
    connections.close();
  } finally {
    await writer.db.destroy();
  }
}

/**
 * Opens the database. Creates it and migrates its schema unless `migrates` is false, and takes the poll lock for a
 * poller. A log that was restored from a backup gets a new epoch.
 *
 * @throws ConfigError when the database cannot be used or another process polls with it; the file is left unchanged.
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const parts = connect(options);
  const { connections, writer, reader, commits, recorder, storage, log } = parts;
  try {
    await prepare(parts, options.poller);
  } catch (error) {
    await disconnect(parts).catch((failure: unknown) => {
      // A file that cannot be written fails again when it is closed. The start is refused for that reason already.
      if (connections.faultOf(failure) === null) log.error({ err: failure }, 'closing the database failed');
    });
    throw toStartError(error);
  }
  recorder.record();
  connections.onCommit(() => recorder.record());
  return {
    ...{ writer: writer.db, reader: reader.db, storage },
    // Async, so that a call from inside a transaction rejects and does not throw.
    write: async (work, items = 1) => commits.write(writer.inCallerContext(work), items),
    read: async (work) => reader.transaction(reader.inCallerContext(work)),
    expectWrite: () => commits.expectWrite(),
    dataVersion: () => connections.dataVersion(),
    holdsPollLock: () => connections.holdsPollLock(),
    filesOpenToOthers: () => filesOpenToOthers(connections.file),
    async close() {
      await commits.idle();
      recorder.flush();
      await disconnect(parts);
    },
  };
}

/**
 * Opens the database read-only, beside other processes that write to it: nothing is created, migrated or locked.
 *
 * @throws ConfigError when the file is missing, or its schema is of another version.
 */
export function openReadOnlyStore(url: string): ReadOnlyStore {
  const connection = connectSqliteReadOnly(fileOfUrl(url), migrationNames);
  const reading = new SerialConnection('reader', connection.reader);
  return {
    reader: reading.db,
    read: async (work) => reading.transaction(reading.inCallerContext(work)),
    close: async () => {
      await reading.db.destroy();
      connection.close();
    },
  };
}

/** Classifies an error of `openReadOnlyStore`, or of a read with it. Null: not a fault of the storage. */
export function readFaultOf(error: unknown, url: string): StorageFault | null {
  const cause = error instanceof ConfigError ? error.cause : error;
  return storageFaultOf(cause, fileOfUrl(url));
}

/** Whether a process, this one or another, polls with this database now. */
export function isPollerRunning(url: string): boolean {
  return isPollLockHeld(fileOfUrl(url));
}

/** The sizes of a database, whether it is open or not. Null: it does not exist. */
export function readDatabaseSizes(url: string): Promise<DatabaseSizes | null> {
  return readFileSizes(fileOfUrl(url));
}

/** What is damaged in a database, which other processes may be using; empty: nothing. See `findDamage`. */
export function findDatabaseDamage(url: string): readonly string[] {
  return findDamage(fileOfUrl(url));
}

/** The files of a database that other users of this machine can open. */
export function databaseFilesOpenToOthers(url: string): readonly FileMode[] {
  return filesOpenToOthers(path.resolve(fileOfUrl(url)));
}
