import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/domain/config-error.ts';
import { type BackupRequest, backUp } from '../../src/store/backups.ts';
import { openStore } from '../../src/store/open-store.ts';
import { noon } from '../support/builders.ts';
import { contentOf, DatabaseFolder, upTo } from '../support/database-folder.ts';

let folder: DatabaseFolder;
beforeEach(() => {
  folder = new DatabaseFolder();
});
afterEach(() => folder.remove());

/** The clock of the n-th second after noon. */
const second = (n: number) => ({ now: () => noon + n * 1000, monotonic: () => 0 });

function run(path: string, over: Partial<BackupRequest> = {}) {
  return backUp({ url: folder.url, path, keep: null, clock: second(0), ...over });
}

/** The problem of the ConfigError that a backup throws. */
async function refusal(path: string, over: Partial<BackupRequest> = {}): Promise<string> {
  const error: unknown = await run(path, over).then(
    (result) => result,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  expect(error.problems).toHaveLength(1);
  return error.message;
}

describe('a backup', () => {
  it('contains what was committed before it, in one file that only its owner can read', async () => {
    const store = await openStore({ url: folder.url, poller: true });
    await folder.store(store, upTo(5));
    const result = await run(folder.at('copy'));
    const { epoch } = contentOf(folder.file);
    expect(result).toMatchObject({ kind: 'written', file: folder.at('copy'), cursor: { epoch, seq: 5 }, deleted: [] });
    expect(contentOf(folder.at('copy'))).toMatchObject({ epoch, head: 5, items: 5, integrity: 'ok' });
    expect(statSync(folder.at('copy')).mode & 0o777).toBe(0o600);
    expect(folder.names()).toEqual(['copy', 'news.sqlite']);
    await store.close();
  });

  it('can be read in a read-only folder', async () => {
    await folder.fill(1, 2);
    mkdirSync(folder.at('media'));
    await run(folder.at('media', 'copy'));
    chmodSync(folder.at('media'), 0o500);
    try {
      expect(contentOf(folder.at('media', 'copy')).items).toBe(2);
      expect(folder.names(folder.at('media'))).toEqual(['copy']);
    } finally {
      chmodSync(folder.at('media'), 0o700);
    }
  });

  it('replaces an earlier backup of that name', async () => {
    await folder.fill(1);
    await run(folder.at('copy'));
    await folder.fill(2);
    await run(folder.at('copy'));
    expect(contentOf(folder.at('copy')).items).toBe(2);
  });

  it('copies a database that an earlier version has written', async () => {
    await folder.fill(1);
    const database = new Database(folder.file);
    database.exec(`delete from kysely_migration where name like '0006%'`);
    database.close();
    expect(await run(folder.at('copy'))).toMatchObject({ kind: 'written' });
  });

  it('does not become damaged when the database is: the earlier backup remains', async () => {
    await folder.fill(...upTo(40));
    await run(folder.at('copy'));
    const before = readFileSync(folder.at('copy'));
    const { size } = statSync(folder.file);
    const bytes = readFileSync(folder.file);
    bytes.fill(0xa5, Math.floor(size / 2), Math.floor(size / 2) + 8192);
    writeFileSync(folder.file, bytes);
    expect(await run(folder.at('copy'))).toMatchObject({ kind: 'damaged', detail: expect.stringMatching(/\w/) });
    expect(readFileSync(folder.at('copy')).equals(before)).toBe(true);
    expect(folder.names()).toEqual(['copy', 'news.sqlite']);
  });

  it('ends without a trace when it is interrupted', async () => {
    await folder.fill(...upTo(40));
    const interrupt = new AbortController();
    const watch = { signal: interrupt.signal, onCopied: () => interrupt.abort() };
    expect(await run(folder.at('copy'), { watch })).toEqual({ kind: 'interrupted' });
    expect(folder.names()).toEqual(['news.sqlite']);
  });

  it('reports what it has copied', async () => {
    await folder.fill(...upTo(40));
    const seen: (readonly [number, number])[] = [];
    await run(folder.at('copy'), { watch: { onCopied: (done, total) => seen.push([done, total]) } });
    const { size } = statSync(folder.at('copy'));
    expect(seen.at(-1)).toEqual([size, size]);
    expect(seen.every(([done], index) => done >= (seen[index - 1]?.[0] ?? 0))).toBe(true);
  });

  it('is refused while another process writes to the same place, and the other one completes', async () => {
    await folder.fill(1);
    let second: unknown = null;
    const watch = {
      async onStep(step: string) {
        if (step === 'copy') second = run(folder.at('copy'));
      },
    };
    expect(await run(folder.at('copy'), { watch })).toMatchObject({ kind: 'written' });
    expect(await second).toEqual({ kind: 'locked', file: folder.at('copy') });
    expect(folder.names()).toEqual(['copy', 'news.sqlite']);
  });
});

describe('a backup is refused', () => {
  beforeEach(() => folder.fill(1));

  it('onto the database itself, by whatever name', async () => {
    symlinkSync(folder.file, folder.at('link'));
    linkSync(folder.file, folder.at('hard-link'));
    for (const name of ['news.sqlite', 'news.sqlite-wal', 'news.sqlite.announced', 'link', 'hard-link']) {
      expect(await refusal(folder.at(name)), name).toContain('is a file of the database itself. Name another file.');
    }
    expect(contentOf(folder.file).items).toBe(1);
  });

  it('onto a folder without --keep, and onto a file with it', async () => {
    mkdirSync(folder.at('backups'));
    expect(await refusal(folder.at('backups'))).toContain('is a folder. Name a file in it, or add --keep 7');
    writeFileSync(folder.at('file'), '');
    expect(await refusal(folder.at('file'), { keep: 3 })).toContain('is not a folder. With --keep, name a folder');
  });

  it('into a folder that does not exist, which may be a disk that is not mounted', async () => {
    expect(await refusal(folder.at('missing', 'copy'))).toContain('missing: the folder does not exist. Create it');
    expect(await refusal(folder.at('missing'), { keep: 3 })).toContain('missing: the folder does not exist. Create it');
    expect(existsSync(folder.at('missing'))).toBe(false);
  });

  it.skipIf(process.getuid?.() === 0)('into a folder that cannot be written', async () => {
    mkdirSync(folder.at('locked'), { mode: 0o500 });
    expect(await refusal(folder.at('locked', 'copy'))).toMatch(/EACCES.*Check the path, and that this user can/s);
  });

  it('onto a disk with too little space, before anything is written', async () => {
    const message = await refusal(folder.at('copy'), { freeBytes: () => 2_000 });
    expect(message).toMatch(/the copy needs \d+ MB, and the disk has 0 MB free\. Free disk space, or use another disk/);
    expect(folder.names()).toEqual(['news.sqlite']);
  });

  it('onto a file that is no backup, which stays unchanged', async () => {
    writeFileSync(folder.at('sources.yaml'), 'sources: []\n');
    expect(await refusal(folder.at('sources.yaml'))).toContain('exists and is not a backup of Newswire');
    expect(readFileSync(folder.at('sources.yaml'), 'utf8')).toBe('sources: []\n');
    const other = new Database(folder.at('bookmarks'));
    other.exec('create table bookmarks (url text)');
    other.close();
    expect(await refusal(folder.at('bookmarks'))).toContain('exists and is not a backup of Newswire');
    copyFileSync(folder.file, folder.at('database'));
    expect(await refusal(folder.at('database'))).toContain('exists and is not a backup of Newswire');
    expect(folder.names()).toEqual(['bookmarks', 'database', 'news.sqlite', 'sources.yaml']);
  });

  it('onto the database of another server', async () => {
    copyFileSync(folder.file, folder.at('other.sqlite'));
    writeFileSync(folder.at('other.sqlite.announced'), '');
    expect(await refusal(folder.at('other.sqlite'))).toContain(
      'is the database of a server, not a backup: other.sqlite.announced is beside it',
    );
  });

  it('onto a damaged backup', async () => {
    await run(folder.at('copy'));
    truncateSync(folder.at('copy'), 3000);
    expect(await refusal(folder.at('copy'))).toContain('exists and is damaged. Name another file, or delete this one');
  });

  it('when there is no database', async () => {
    const message = await refusal(folder.at('copy'), { url: `sqlite:${folder.at('none.sqlite')}` });
    expect(message).toContain('none.sqlite does not exist. "newswire serve" creates it.');
  });
});

describe('dated backups', () => {
  it('are named by their time in UTC, and the newest are kept', async () => {
    await folder.fill(1);
    mkdirSync(folder.at('backups'));
    const at = (n: number) => folder.at('backups', `news-20260301T12000${n}Z.sqlite`);
    for (const n of [1, 2, 3]) await run(folder.at('backups'), { keep: 2, clock: second(n) });
    const last = await run(folder.at('backups'), { keep: 2, clock: second(4) });
    expect(last).toMatchObject({ kind: 'written', file: at(4), deleted: [at(2)] });
    expect(folder.names(folder.at('backups')).map((name) => folder.at('backups', name))).toEqual([at(3), at(4)]);
  });

  it('delete no other file of the folder', async () => {
    await folder.fill(1);
    mkdirSync(folder.at('backups'));
    const others = [
      'news-2025.sqlite',
      'news-20250301T120000Z.sqlite.gz',
      'old-20250301T120000Z.sqlite',
      'news.sqlite',
    ];
    for (const name of others) writeFileSync(folder.at('backups', name), 'kept');
    await run(folder.at('backups'), { keep: 1, clock: second(1) });
    await run(folder.at('backups'), { keep: 1, clock: second(2) });
    expect(folder.names(folder.at('backups'))).toEqual([...others, 'news-20260301T120002Z.sqlite'].sort());
  });

  it('delete what a killed backup left', async () => {
    await folder.fill(1);
    mkdirSync(folder.at('backups'));
    for (const suffix of ['', '-journal']) {
      writeFileSync(folder.at('backups', `news-20260101T000000Z.sqlite.partial${suffix}`), 'half');
    }
    await run(folder.at('backups'), { keep: 1 });
    expect(folder.names(folder.at('backups'))).toEqual(['news-20260301T120000Z.sqlite']);
  });
});
