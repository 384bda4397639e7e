import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { sql } from 'kysely';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../src/domain/config-error.ts';
import { StorageError, storageAdvice } from '../../../src/domain/storage.ts';
import type { Store } from '../../../src/store/engine/store.ts';
import { readEvents, readHead } from '../../../src/store/log/event-log.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { writeSetting } from '../../../src/store/stored-settings.ts';

interface Line {
  readonly level: string;
  readonly message: string;
  readonly fault?: string;
  readonly detail?: string;
}

let folder = '';
let file = '';
let store: Store;
const lines: Line[] = [];
const at = (level: string) => (facts: object, message: string) => void lines.push({ ...facts, level, message });
const log = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };

async function open(): Promise<void> {
  store = await openStore({ url: `sqlite:${file}`, poller: true, log });
}

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-storage-'));
  file = path.join(folder, 'news.sqlite');
  lines.length = 0;
  await open();
});

afterEach(async () => {
  await store.close();
  rmSync(folder, { recursive: true, force: true });
});

const large = 'x'.repeat(300_000);
const writeLarge = (name = 'large'): Promise<void> => store.write((tx) => writeSetting(tx, name, large));

/** Forbids SQLite to grow the file: it reports a full disk. */
async function fill(): Promise<void> {
  const { rows } = await sql<{ page_count: number }>`pragma page_count`.execute(store.writer);
  await sql`pragma max_page_count = ${sql.lit(rows[0]?.page_count ?? 0)}`.execute(store.writer);
}

async function free(): Promise<void> {
  await sql`pragma max_page_count = 1000000`.execute(store.writer);
}

async function rejection(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => null,
    (error: unknown) => error,
  );
}

describe('a full disk', () => {
  it('is reported as such, not as the rollback that fails after it', async () => {
    await fill();
    const error = await rejection(writeLarge());
    expect(error).toBeInstanceOf(StorageError);
    expect(error).toMatchObject({ fault: 'full', message: expect.stringContaining('is full') });
    expect(String((error as Error).cause)).toContain('database or disk is full');
  });

  it('is logged once when it begins and once when it ends, however many writes are tried meanwhile', async () => {
    await fill();
    await Promise.all(['a', 'b', 'c'].map((name) => rejection(writeLarge(name))));
    for (let tries = 0; tries < 20; tries += 1) await rejection(writeLarge());
    await store.storage.probe();
    expect(lines).toEqual([
      expect.objectContaining({
        level: 'error',
        fault: 'full',
        message: 'nothing can be stored: the disk of the database is full',
      }),
    ]);
    await free();
    await store.storage.probe();
    await store.storage.probe();
    expect(lines.slice(1)).toEqual([
      expect.objectContaining({ level: 'info', fault: 'full', message: 'the database can be written again' }),
    ]);
  });

  it('refuses writes immediately, and allows reads', async () => {
    await store.write((tx) => writeSetting(tx, 'before', 'kept'));
    await fill();
    await rejection(writeLarge());
    let tried = false;
    const write = store.write(async () => {
      tried = true;
    });
    expect(await rejection(write)).toMatchObject({ fault: 'full' });
    expect(tried).toBe(false);
    expect(store.storage).toMatchObject({ writable: false, state: { fault: 'full', blocksWrites: true } });
    expect(await store.read(readHead)).toMatchObject({ head: 0 });
    const rows = await store.reader.selectFrom('setting').select('value').where('name', '=', 'before').execute();
    expect(rows).toEqual([{ value: 'kept' }]);
  });

  it('allows writes again after a successful probe, which leaves no row behind', async () => {
    await fill();
    await rejection(writeLarge());
    await free();
    await store.storage.probe();
    expect(store.storage).toMatchObject({ writable: true, state: null });
    await writeLarge();
    const rows = await store.reader.selectFrom('setting').select('name').execute();
    expect(rows.map(({ name }) => name)).toEqual(['large']);
  });

  it('does not end while there is space for a small write only', async () => {
    await fill();
    await rejection(writeLarge());
    await store.storage.probe();
    expect(store.storage.writable).toBe(false);
  });

  it('delays work that must not be lost, and restarts it afterwards', async () => {
    await fill();
    let runs = 0;
    const done = store.storage.whenWritable(async () => {
      runs += 1;
      await writeLarge();
    }, new AbortController().signal);
    await rejection(writeLarge('other'));
    await free();
    await store.storage.probe();
    await done;
    expect(runs).toBe(2);
  });

  it('lets waiting work be aborted', async () => {
    await fill();
    await rejection(writeLarge());
    const stopping = new AbortController();
    const waiting = store.storage.whenWritable(() => writeLarge(), stopping.signal);
    stopping.abort(new Error('stopped'));
    expect(await rejection(waiting)).toMatchObject({ message: 'stopped' });
  });
});

describe('other faults of the storage', () => {
  it('reports a file that cannot be written as read-only', async () => {
    await sql`pragma query_only = 1`.execute(store.writer);
    expect(await rejection(writeLarge())).toMatchObject({ fault: 'read_only' });
    await sql`pragma query_only = 0`.execute(store.writer);
    await store.storage.probe();
    expect(lines.map(({ level, fault }) => [level, fault])).toEqual([
      ['error', 'read_only'],
      ['info', 'read_only'],
    ]);
  });

  it('reports when one fault replaces another: a lock of another program', async () => {
    await fill();
    await rejection(writeLarge());
    await free();
    const other = new Database(file);
    other.exec('begin immediate');
    await store.storage.probe();
    expect(store.storage.state).toMatchObject({ fault: 'locked' });
    other.exec('rollback');
    other.close();
    await store.storage.probe();
    expect(lines.map(({ level, fault }) => [level, fault])).toEqual([
      ['error', 'full'],
      ['error', 'locked'],
      ['info', 'locked'],
    ]);
  });

  it('passes on a fault of Newswire unchanged', async () => {
    const work = store.write(async () => {
      throw new Error('planted');
    });
    expect(await rejection(work)).toMatchObject({ message: 'planted' });
    expect(lines).toEqual([]);
    expect(store.storage.state).toBeNull();
  });
});

describe('a malformed file', () => {
  /** Overwrites the root page of a table. */
  async function damage(table: string): Promise<void> {
    const database = new Database(file);
    const root = database.prepare<[string], number>('select rootpage from sqlite_schema where name = ?').pluck();
    const page = root.get(table) ?? 0;
    const size = Number(database.pragma('page_size', { simple: true }));
    database.close();
    const handle = openSync(file, 'r+');
    writeSync(handle, Buffer.alloc(size, 0xee), 0, size, (page - 1) * size);
    closeSync(handle);
  }

  it('stops writes until the next start when a write encounters it', async () => {
    await store.close();
    await damage('comment');
    await open();
    const write = store.write((tx) => tx.deleteFrom('comment').execute());
    expect(await rejection(write)).toMatchObject({ fault: 'malformed' });
    await store.storage.probe();
    expect(await rejection(writeLarge())).toMatchObject({ fault: 'malformed' });
    expect(lines.map(({ level, fault }) => [level, fault])).toEqual([['error', 'malformed']]);
    expect(await store.read(readHead)).toMatchObject({ head: 0 });
  });

  it('ends a start that encounters it first with the remedy', async () => {
    await store.close();
    const handle = openSync(file, 'r+');
    const size = statSync(file).size - 100;
    writeSync(handle, Buffer.alloc(size, 0xee), 0, size, 100);
    closeSync(handle);
    const error = await rejection(open());
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toContain(`${storageAdvice.malformed.what}). ${storageAdvice.malformed.remedy}.`);
  });

  it('ends a start that encounters it later with the remedy', async () => {
    await store.close();
    await damage('event_log');
    const error = await rejection(open());
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({ problems: [{ where: 'DATABASE_URL', ...storageAdvice.malformed }] });
  });

  it('is reported once when a read encounters it, and does not stop writes', async () => {
    await store.close();
    await damage('event');
    await open();
    for (let tries = 0; tries < 3; tries += 1) {
      expect(await rejection(readEvents(store.reader, 0, 10))).toMatchObject({ fault: 'malformed' });
    }
    expect(store.storage).toMatchObject({ writable: true, state: { fault: 'malformed', blocksWrites: false } });
    await writeLarge();
    expect(lines.map(({ message }) => message)).toEqual([
      'a part of the database cannot be read: the database file is malformed',
    ]);
  });
});
