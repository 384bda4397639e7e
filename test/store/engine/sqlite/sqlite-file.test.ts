import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../../../src/domain/config-error.ts';
import { openStore } from '../../../../src/store/open-store.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'newswire-file-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

function inFolder(...parts: string[]): string {
  return path.join(folder, ...parts);
}

function bytesOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

async function open(file: string, poller = false) {
  const store = await openStore({ url: `sqlite:${file}`, poller });
  await store.close();
}

/** The message of the refusal, as the operator reads it. */
async function refusal(file: string, poller = false): Promise<string> {
  const error: unknown = await open(file, poller).then(
    () => null,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${error}`);
  expect(error.problems).toHaveLength(1);
  expect(error.problems[0]).toMatchObject({ where: 'DATABASE_URL', remedy: expect.stringMatching(/^[A-Z].{15,}/) });
  return error.message;
}

/** Runs SQL on the file, as another program or version would. */
function execute(file: string, statement: string): void {
  const database = new Database(file);
  database.exec(statement);
  database.close();
}

describe('a database file', () => {
  it('is created with its folder when both are missing', async () => {
    await open(inFolder('a', 'b', 'news.sqlite'));
    expect(existsSync(inFolder('a', 'b', 'news.sqlite'))).toBe(true);
  });

  it('may be named with two slashes', async () => {
    await openStore({ url: `sqlite://${inFolder('news.sqlite')}`, poller: false }).then((store) => store.close());
    expect(existsSync(inFolder('news.sqlite'))).toBe(true);
  });

  it('may exist and be empty', async () => {
    writeFileSync(inFolder('news.sqlite'), '');
    await open(inFolder('news.sqlite'));
    expect(readFileSync(inFolder('news.sqlite')).length).toBeGreaterThan(0);
  });

  it.each(['', ':memory:'])('is refused under the name "%s"', async (name) => {
    expect(await refusal(name)).toContain('does not name a file');
  });

  it('is refused and left unchanged when it is not a database', async () => {
    writeFileSync(inFolder('news.sqlite'), 'feeds: []\n# somebody else’s file\n');
    const before = bytesOf(inFolder('news.sqlite'));
    expect(await refusal(inFolder('news.sqlite'), true)).toContain(
      `${inFolder('news.sqlite')} is not a database of Newswire`,
    );
    expect(bytesOf(inFolder('news.sqlite'))).toBe(before);
  });

  it('is refused and left unchanged when it is damaged', async () => {
    writeFileSync(inFolder('news.sqlite'), `SQLite format 3\0${'x'.repeat(5000)}`);
    const before = bytesOf(inFolder('news.sqlite'));
    expect(await refusal(inFolder('news.sqlite'), true)).toContain('cannot be opened');
    expect(bytesOf(inFolder('news.sqlite'))).toBe(before);
  });

  it('is refused and left unchanged when it belongs to another program', async () => {
    execute(inFolder('news.sqlite'), 'create table bookmarks (url text)');
    const before = bytesOf(inFolder('news.sqlite'));
    expect(await refusal(inFolder('news.sqlite'), true)).toContain('it has the table bookmarks');
    expect(bytesOf(inFolder('news.sqlite'))).toBe(before);
  });

  it('is refused and left unchanged when a newer version wrote it', async () => {
    await open(inFolder('news.sqlite'));
    execute(inFolder('news.sqlite'), `insert into kysely_migration values ('0999-later', '2030-01-01T00:00:00.000Z')`);
    const before = bytesOf(inFolder('news.sqlite'));
    expect(await refusal(inFolder('news.sqlite'), true)).toContain('written by a newer Newswire (it has 0999-later');
    expect(bytesOf(inFolder('news.sqlite'))).toBe(before);
  });

  it('is refused and left unchanged when it has the layout of an earlier development version', async () => {
    const layout = new URL('../../../fixtures/databases/previous-layout.sql', import.meta.url);
    execute(inFolder('news.sqlite'), readFileSync(layout, 'utf8'));
    const before = bytesOf(inFolder('news.sqlite'));
    const message = await refusal(inFolder('news.sqlite'), true);
    expect(message).toContain(`${inFolder('news.sqlite')} has the layout of an earlier development version`);
    expect(message).toContain(`Start afresh: move ${inFolder('news.sqlite')} and the files whose names begin with it`);
    expect(bytesOf(inFolder('news.sqlite'))).toBe(before);
  });

  it('is refused when its path is a folder', async () => {
    mkdirSync(inFolder('news.sqlite'));
    expect(await refusal(inFolder('news.sqlite'))).toContain('is not a file');
  });

  it('is refused when the path of its folder is a file', async () => {
    writeFileSync(inFolder('db'), 'a file');
    expect(await refusal(inFolder('db', 'news.sqlite'))).toMatch(/cannot be created/);
    expect(readFileSync(inFolder('db'), 'utf8')).toBe('a file');
  });

  it('is accessible to its owner only, with all files beside it', async () => {
    const store = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    const modes = readdirSync(folder).map((name) => [name, (statSync(inFolder(name)).mode & 0o777).toString(8)]);
    expect(store.filesOpenToOthers()).toEqual([]);
    await store.close();
    const names = modes.map(([name]) => name);
    for (const suffix of ['', '-shm', '-wal', '.announced', '.lock']) expect(names).toContain(`news.sqlite${suffix}`);
    expect(new Set(modes.map(([, mode]) => mode))).toEqual(new Set(['600']));
  });

  it('keeps wider permissions that its owner gave it, and reports them', async () => {
    await open(inFolder('news.sqlite'), true);
    chmodSync(inFolder('news.sqlite'), 0o640);
    const store = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    const wide = store.filesOpenToOthers();
    await store.close();
    expect(wide).toContainEqual({ file: realpathSync(inFolder('news.sqlite')), mode: 0o640 });
    expect(wide.map(({ file }) => path.basename(file))).not.toContain('news.sqlite.lock');
    expect(statSync(inFolder('news.sqlite')).mode & 0o777).toBe(0o640);
  });

  it('leaves only itself, its lock and its announced position behind', async () => {
    await open(inFolder('news.sqlite'), true);
    expect(readdirSync(folder).sort()).toEqual(['news.sqlite', 'news.sqlite.announced', 'news.sqlite.lock']);
  });

  it('is flushed to disk at every commit', async () => {
    const store = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: false });
    const { rows } = await store.writer.executeQuery<{ synchronous: number }>({
      ...store.writer.selectFrom('setting').selectAll().compile(),
      sql: 'pragma synchronous',
      parameters: [],
    });
    await store.close();
    expect(rows).toEqual([{ synchronous: 2 }]);
  });
});

describe('the poll lock', () => {
  it('is refused to a second process, with a remedy', async () => {
    const first = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    const message = await refusal(inFolder('news.sqlite'), true);
    await first.close();
    expect(message).toContain('another Newswire process already polls');
    expect(message).toContain('ROLES=serve');
  });

  it('is refused through another name of the same file', async () => {
    const first = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    symlinkSync(inFolder('news.sqlite'), inFolder('other.sqlite'));
    const message = await refusal(inFolder('other.sqlite'), true);
    await first.close();
    expect(message).toContain('already polls');
  });

  it('is free again once the store is closed', async () => {
    await open(inFolder('news.sqlite'), true);
    await open(inFolder('news.sqlite'), true);
    expect(existsSync(inFolder('news.sqlite.lock'))).toBe(true);
  });

  it.skipIf(process.platform === 'win32')('is lost when its file is removed or replaced', async () => {
    const store = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    const reader = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: false });
    const held = [store.holdsPollLock(), reader.holdsPollLock()];
    rmSync(inFolder('news.sqlite.lock'));
    held.push(store.holdsPollLock());
    const second = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    held.push(store.holdsPollLock(), second.holdsPollLock());
    for (const one of [reader, second, store]) await one.close();
    expect(held).toEqual([true, false, false, false, true]);
  });

  it('is not needed for reads and writes beside the poller', async () => {
    const first = await openStore({ url: `sqlite:${inFolder('news.sqlite')}`, poller: true });
    await open(inFolder('news.sqlite'));
    await first.close();
    expect(existsSync(inFolder('news.sqlite'))).toBe(true);
  });

  it('is released when opening fails after it was acquired', async () => {
    await open(inFolder('news.sqlite'));
    execute(inFolder('news.sqlite'), 'drop table event_log');
    await expect(open(inFolder('news.sqlite'), true)).rejects.toThrow('event_log');
    await expect(open(inFolder('news.sqlite'), true)).rejects.toThrow('event_log');
  });
});
