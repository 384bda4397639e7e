import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/domain/config-error.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { isPollerRunning, openReadOnlyStore, openStore } from '../../src/store/open-store.ts';
import { getOrCreateSetting } from '../../src/store/stored-settings.ts';

let folder = '';
let file = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-read-'));
  file = path.join(folder, 'news.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const url = (of = file) => `sqlite:${of}`;
const make = async () => (await openStore({ url: url(), poller: false })).close();

/** Runs SQL on the file without the store. */
function execute(statement: string): void {
  const database = new Database(file);
  database.exec(statement);
  database.close();
}

/** The message of the refusal, as the operator reads it. */
async function refusal(open: () => unknown): Promise<string> {
  const error: unknown = await Promise.resolve()
    .then(open)
    .then(
      () => null,
      (reason: unknown) => reason,
    );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${error}`);
  const [{ where, what, remedy } = { where: '', what: '', remedy: '' }] = error.problems;
  return `${where}: ${what}. ${remedy}`;
}

describe('a database that is opened read-only', () => {
  const older = `delete from kysely_migration where name = '0009-alerts'`;

  it('is not changed, and no file is created beside it', async () => {
    await make();
    const [before, names] = [readFileSync(file), readdirSync(folder)];
    const store = openReadOnlyStore(url());
    expect((await readHead(store.reader)).head).toBe(0);
    expect(await store.read(readHead)).toEqual(await readHead(store.reader));
    await store.close();
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name))).toEqual(names);
  });

  it('refuses writes', async () => {
    await make();
    const store = openReadOnlyStore(url());
    await expect(store.reader.updateTable('event_log').set({ head: 1 }).execute()).rejects.toThrow('readonly');
    await store.close();
  });

  it('is read while another process holds the write lock', async () => {
    await make();
    const writer = new Database(file);
    writer.exec('begin immediate; update event_log set head = 9');
    const store = openReadOnlyStore(url());
    expect((await readHead(store.reader)).head).toBe(0);
    await store.close();
    writer.exec('commit');
    writer.close();
  });

  it('is read as a killed process left it, including its write-ahead log', async () => {
    const server = await openStore({ url: url(), poller: true });
    await getOrCreateSetting(server, 'secret', () => 'kept');
    const [from, to] = [file, path.join(folder, 'killed.sqlite')];
    for (const part of ['', '-wal']) copyFileSync(`${from}${part}`, `${to}${part}`);
    await server.close();
    const store = openReadOnlyStore(url(to));
    expect(await store.reader.selectFrom('setting').selectAll().execute()).toEqual([{ name: 'secret', value: 'kept' }]);
    await store.close();
  });

  it.each([
    ['for reading', () => openReadOnlyStore(url())],
    ['without a migration', () => openStore({ url: url(), poller: false, migrates: false })],
  ])('is refused %s when an older version made it, with what to do', async (_, open) => {
    await make();
    execute(older);
    const before = readFileSync(file);
    expect(await refusal(open)).toBe(
      `DATABASE_URL: ${file} was written by an older Newswire (it lacks 0009-alerts). ` +
        'Start "newswire serve" of this version, which migrates it; the file was left unchanged',
    );
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  it('is refused when a newer version or another program made it', async () => {
    await make();
    execute(`insert into kysely_migration values ('9999-later', '')`);
    expect(await refusal(() => openReadOnlyStore(url()))).toContain('was written by a newer Newswire');
    rmSync(file);
    execute('create table other (id)');
    expect(await refusal(() => openReadOnlyStore(url()))).toContain('is a database of another program');
  });

  it('is refused when it is missing or empty, and not created', async () => {
    const nowhere = path.join(folder, 'none', 'news.sqlite');
    expect(await refusal(() => openReadOnlyStore(url(nowhere)))).toBe(
      `DATABASE_URL: the file ${nowhere} does not exist. "newswire serve" creates it`,
    );
    expect(existsSync(path.dirname(nowhere))).toBe(false);
    writeFileSync(file, '');
    expect(await refusal(() => openReadOnlyStore(url()))).toContain(
      'Start "newswire serve", which creates the database',
    );
    expect(readdirSync(folder)).toEqual(['news.sqlite']);
  });
});

describe('isPollerRunning', () => {
  it('is true while a poller has the database open, under any name', async () => {
    expect(isPollerRunning(url())).toBe(false);
    const server = await openStore({ url: url(), poller: true });
    symlinkSync(file, path.join(folder, 'other.sqlite'));
    expect([isPollerRunning(url()), isPollerRunning(url(path.join(folder, 'other.sqlite')))]).toEqual([true, true]);
    await server.close();
    expect(isPollerRunning(url())).toBe(false);
  });

  it('is false for a process that only serves, and leaves the lock free', async () => {
    const serving = await openStore({ url: url(), poller: false });
    expect(isPollerRunning(url())).toBe(false);
    expect(readdirSync(folder)).not.toContain('news.sqlite.lock');
    const polling = await openStore({ url: url(), poller: true });
    expect(isPollerRunning(url())).toBe(true);
    await Promise.all([serving.close(), polling.close()]);
    const again = await openStore({ url: url(), poller: true });
    await again.close();
  });
});
