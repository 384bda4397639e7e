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

function place(...parts: string[]): string {
  return path.join(folder, ...parts);
}

function bytesOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

async function open(file: string, poller = false) {
  const store = await openStore({ url: `sqlite:${file}`, poller });
  await store.close();
}

/** What opening is refused with, as the operator reads it. */
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

/** A file that has been through this version once and then been marked by another. */
function marked(file: string, statement: string): void {
  const database = new Database(file);
  database.exec(statement);
  database.close();
}

describe('a database file', () => {
  it('is made with its folder when neither is there', async () => {
    await open(place('a', 'b', 'news.sqlite'));
    expect(existsSync(place('a', 'b', 'news.sqlite'))).toBe(true);
  });

  it('may be named with two slashes', async () => {
    await openStore({ url: `sqlite://${place('news.sqlite')}`, poller: false }).then((store) => store.close());
    expect(existsSync(place('news.sqlite'))).toBe(true);
  });

  it('may be there and empty', async () => {
    writeFileSync(place('news.sqlite'), '');
    await open(place('news.sqlite'));
    expect(readFileSync(place('news.sqlite')).length).toBeGreaterThan(0);
  });

  it.each(['', ':memory:'])('is refused under the name "%s"', async (name) => {
    expect(await refusal(name)).toContain('does not name a file');
  });

  it('is refused and left alone when it is no database', async () => {
    writeFileSync(place('news.sqlite'), 'feeds: []\n# somebody else’s file\n');
    const before = bytesOf(place('news.sqlite'));
    expect(await refusal(place('news.sqlite'), true)).toContain(
      `${place('news.sqlite')} is not a database of Newswire`,
    );
    expect(bytesOf(place('news.sqlite'))).toBe(before);
  });

  it('is refused and left alone when it is damaged', async () => {
    writeFileSync(place('news.sqlite'), `SQLite format 3\0${'x'.repeat(5000)}`);
    const before = bytesOf(place('news.sqlite'));
    expect(await refusal(place('news.sqlite'), true)).toContain('cannot be opened');
    expect(bytesOf(place('news.sqlite'))).toBe(before);
  });

  it('is refused and left alone when it is of another program', async () => {
    marked(place('news.sqlite'), 'create table bookmarks (url text)');
    const before = bytesOf(place('news.sqlite'));
    expect(await refusal(place('news.sqlite'), true)).toContain('it has the table bookmarks');
    expect(bytesOf(place('news.sqlite'))).toBe(before);
  });

  it('is refused and left alone when a newer version wrote it', async () => {
    await open(place('news.sqlite'));
    marked(place('news.sqlite'), `insert into kysely_migration values ('0999-later', '2030-01-01T00:00:00.000Z')`);
    const before = bytesOf(place('news.sqlite'));
    expect(await refusal(place('news.sqlite'), true)).toContain('written by a newer Newswire (it has 0999-later');
    expect(bytesOf(place('news.sqlite'))).toBe(before);
  });

  it('is refused and left unchanged when it has the layout of an earlier development version', async () => {
    const layout = new URL('../../../fixtures/databases/previous-layout.sql', import.meta.url);
    marked(place('news.sqlite'), readFileSync(layout, 'utf8'));
    const before = bytesOf(place('news.sqlite'));
    const message = await refusal(place('news.sqlite'), true);
    expect(message).toContain(`${place('news.sqlite')} has the layout of an earlier development version`);
    expect(message).toContain(`Start afresh: move ${place('news.sqlite')} and the files whose names begin with it`);
    expect(bytesOf(place('news.sqlite'))).toBe(before);
  });

  it('is refused where a folder stands', async () => {
    mkdirSync(place('news.sqlite'));
    expect(await refusal(place('news.sqlite'))).toContain('is not a file');
  });

  it('is refused where a file stands in the place of its folder', async () => {
    writeFileSync(place('db'), 'a file');
    expect(await refusal(place('db', 'news.sqlite'))).toMatch(/cannot be created/);
    expect(readFileSync(place('db'), 'utf8')).toBe('a file');
  });

  it('is for its owner alone, with all that lies beside it', async () => {
    const store = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: true });
    const modes = readdirSync(folder).map((name) => [name, (statSync(place(name)).mode & 0o777).toString(8)]);
    expect(store.filesOpenToOthers()).toEqual([]);
    await store.close();
    const names = modes.map(([name]) => name);
    for (const suffix of ['', '-shm', '-wal', '.announced', '.lock']) expect(names).toContain(`news.sqlite${suffix}`);
    expect(new Set(modes.map(([, mode]) => mode))).toEqual(new Set(['600']));
  });

  it('keeps the permissions that its owner gave it, and says which are wider', async () => {
    await open(place('news.sqlite'), true);
    chmodSync(place('news.sqlite'), 0o640);
    const store = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: true });
    const wide = store.filesOpenToOthers();
    await store.close();
    expect(wide).toContainEqual({ file: realpathSync(place('news.sqlite')), mode: 0o640 });
    expect(wide.map(({ file }) => path.basename(file))).not.toContain('news.sqlite.lock');
    expect(statSync(place('news.sqlite')).mode & 0o777).toBe(0o640);
  });

  it('leaves nothing but itself, its lock and its position in the log behind', async () => {
    await open(place('news.sqlite'), true);
    expect(readdirSync(folder).sort()).toEqual(['news.sqlite', 'news.sqlite.announced', 'news.sqlite.lock']);
  });

  it('writes through to the disk at every commit', async () => {
    const store = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: false });
    const { rows } = await store.writer.executeQuery<{ synchronous: number }>({
      ...store.writer.selectFrom('setting').selectAll().compile(),
      sql: 'pragma synchronous',
      parameters: [],
    });
    await store.close();
    expect(rows).toEqual([{ synchronous: 2 }]);
  });
});

describe('the right to poll', () => {
  it('is refused to a second process, with a way out', async () => {
    const first = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: true });
    const message = await refusal(place('news.sqlite'), true);
    await first.close();
    expect(message).toContain('another Newswire process already polls');
    expect(message).toContain('ROLES=serve');
  });

  it('is refused through another name of the same file', async () => {
    const first = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: true });
    symlinkSync(place('news.sqlite'), place('other.sqlite'));
    const message = await refusal(place('other.sqlite'), true);
    await first.close();
    expect(message).toContain('already polls');
  });

  it('is free again once the store is closed', async () => {
    await open(place('news.sqlite'), true);
    await open(place('news.sqlite'), true);
    expect(existsSync(place('news.sqlite.lock'))).toBe(true);
  });

  it('is not needed to read and write beside the poller', async () => {
    const first = await openStore({ url: `sqlite:${place('news.sqlite')}`, poller: true });
    await open(place('news.sqlite'));
    await first.close();
    expect(existsSync(place('news.sqlite'))).toBe(true);
  });

  it('is given back when opening fails after it was taken', async () => {
    await open(place('news.sqlite'));
    marked(place('news.sqlite'), 'drop table event_log');
    await expect(open(place('news.sqlite'), true)).rejects.toThrow('event_log');
    await expect(open(place('news.sqlite'), true)).rejects.toThrow('event_log');
  });
});
