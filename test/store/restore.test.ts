import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/domain/config-error.ts';
import { backUp, type RestoreOptions, restore } from '../../src/store/backups.ts';
import { announcedPosition } from '../../src/store/log/announced-position.ts';
import { readHead } from '../../src/store/log/event-log.ts';
import { openStore } from '../../src/store/open-store.ts';
import { noon } from '../support/builders.ts';
import { contentOf, DatabaseFolder, upTo } from '../support/database-folder.ts';

let folder: DatabaseFolder;
const clock = { now: () => noon, monotonic: () => 0 };
const kept = 'news.sqlite.before-restore-20260301T120000Z';

beforeEach(async () => {
  folder = new DatabaseFolder();
  await folder.fill(1, 2, 3);
  await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
  await folder.fill(4, 5);
});
afterEach(() => folder.remove());

function run(path = folder.at('copy'), over: Partial<RestoreOptions> = {}) {
  return restore({ url: folder.url, path, clock, ...over });
}

async function refusal(path: string): Promise<string> {
  const error: unknown = await run(path).then(
    (result) => result,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ConfigError)) throw new Error(`not refused: ${JSON.stringify(error)}`);
  expect(error.problems).toHaveLength(1);
  return error.message;
}

/** Opens the database as a server does. Returns the warnings of the start and the epoch. */
async function start() {
  const warnings: string[] = [];
  const note = (_facts: object, message: string): void => void warnings.push(message);
  const store = await openStore({
    url: folder.url,
    poller: true,
    log: { debug() {}, info() {}, warn: note, error: note },
  });
  const { epoch, head } = await readHead(store.reader);
  await store.close();
  return { warnings, epoch, head };
}

describe('a restore', () => {
  it('replaces the database, renews the epoch of the log, and keeps the former database', async () => {
    const { epoch } = contentOf(folder.file);
    const result = await run();
    const restored = contentOf(folder.file);
    expect(result).toEqual({
      kind: 'restored',
      file: folder.file,
      keptAs: folder.at(kept),
      cursor: { epoch: restored.epoch, seq: 3 },
    });
    expect(restored).toMatchObject({ head: 3, seqs: [1, 2, 3], items: 3, integrity: 'ok' });
    expect(restored.epoch).not.toBe(epoch);
    expect(contentOf(folder.at(kept))).toMatchObject({ epoch, head: 5, items: 5, integrity: 'ok' });
    expect(contentOf(folder.at('copy'))).toMatchObject({ epoch, head: 3 });
    expect(announcedPosition(folder.file).read()).toEqual({ epoch: restored.epoch, seq: 3 });
    expect(statSync(folder.file).mode & 0o777).toBe(0o600);
    expect(folder.names()).toEqual(['copy', 'news.sqlite', kept]);
    expect(await start()).toEqual({ warnings: [], epoch: restored.epoch, head: 3 });
  });

  it('renews the epoch even where the announced position is lost, as on another machine', async () => {
    const { epoch } = contentOf(folder.file);
    const other = new DatabaseFolder();
    try {
      const result = await restore({ url: other.url, path: folder.at('copy'), clock });
      expect(result).toMatchObject({ kind: 'restored', keptAs: null });
      expect(contentOf(other.file)).toMatchObject({ head: 3, items: 3 });
      expect(contentOf(other.file).epoch).not.toBe(epoch);
    } finally {
      other.remove();
    }
  });

  it('forgets what WebSub subscribers have received, which may be newer', async () => {
    const subscriber = { topic: 't', callback: 'c', host: 'h', secret: null, verified_ms: 0, lease_until_ms: 1 };
    const row = { ...subscriber, delivered_tag: 'tag', delivered_ms: 0, failures: 0 };
    const store = await openStore({ url: folder.url, poller: true });
    await store.write((tx) => tx.insertInto('websub_subscriber').values(row).execute());
    await store.close();
    await backUp({ url: folder.url, path: folder.at('copy'), keep: null });
    await run();
    const restored = await openStore({ url: folder.url, poller: true });
    expect(await restored.reader.selectFrom('websub_subscriber').select('delivered_tag').execute()).toEqual([
      { delivered_tag: null },
    ]);
    await restored.close();
  });

  it('creates the folder of the database', async () => {
    const url = `sqlite:${folder.at('new', 'folder', 'news.sqlite')}`;
    expect(await restore({ url, path: folder.at('copy'), clock })).toMatchObject({ kind: 'restored' });
    expect(contentOf(folder.at('new', 'folder', 'news.sqlite')).items).toBe(3);
  });

  it('keeps what a killed server has left in the write-ahead log', async () => {
    const store = await openStore({ url: folder.url, poller: false });
    await folder.store(store, [6]);
    // As after a kill: the file alone, and the log that belongs to it.
    for (const suffix of ['', '-wal']) copyFileSync(`${folder.file}${suffix}`, folder.at(`killed${suffix}`));
    await store.close();
    for (const suffix of ['', '-wal']) copyFileSync(folder.at(`killed${suffix}`), `${folder.file}${suffix}`);
    rmSync(folder.at('killed'));
    rmSync(folder.at('killed-wal'));
    expect(await run()).toMatchObject({ kind: 'restored' });
    expect(contentOf(folder.at(kept))).toMatchObject({ items: 6, integrity: 'ok' });
    expect(contentOf(folder.file)).toMatchObject({ items: 3, integrity: 'ok' });
  });

  it('does not apply the write-ahead log of a deleted database', async () => {
    const store = await openStore({ url: folder.url, poller: false });
    await folder.store(store, upTo(60));
    copyFileSync(`${folder.file}-wal`, folder.at('wal'));
    await store.close();
    rmSync(folder.file);
    copyFileSync(folder.at('wal'), `${folder.file}-wal`);
    expect(await run()).toMatchObject({ kind: 'restored', keptAs: null });
    expect(contentOf(folder.file)).toMatchObject({ items: 3, integrity: 'ok' });
  });

  it('moves a damaged database away with the files beside it', async () => {
    writeFileSync(folder.file, `SQLite format 3\0${'x'.repeat(5000)}`);
    writeFileSync(`${folder.file}-wal`, 'a write-ahead log');
    expect(await run()).toMatchObject({ kind: 'restored', keptAs: folder.at(kept) });
    expect(contentOf(folder.file)).toMatchObject({ items: 3, integrity: 'ok' });
    expect(readFileSync(folder.at(`${kept}-wal`), 'utf8')).toBe('a write-ahead log');
  });

  it('gives each former database a name of its own', async () => {
    await run();
    await run();
    expect(folder.names()).toEqual(['copy', 'news.sqlite', kept, `${kept}-2`]);
  });

  it('excludes another restore', async () => {
    let second: Promise<unknown> = Promise.resolve();
    const watch = {
      onStep(step: string) {
        if (step === 'check') second = run();
      },
    };
    expect(await run(undefined, { watch })).toMatchObject({ kind: 'restored' });
    expect(await second).toEqual({ kind: 'polling', file: folder.file });
  });

  it('keeps the mode that the operator gave to the database', async () => {
    chmodSync(folder.file, 0o640);
    await run();
    expect(statSync(folder.file).mode & 0o777).toBe(0o640);
  });
});

describe('a restore is refused, and the database stays unchanged,', () => {
  afterEach(() => {
    expect(contentOf(folder.file)).toMatchObject({ head: 5, items: 5, integrity: 'ok' });
    expect(existsSync(`${folder.file}.restoring`)).toBe(false);
    expect(existsSync(folder.at(kept))).toBe(false);
  });

  it('while a server polls', async () => {
    const store = await openStore({ url: folder.url, poller: true });
    expect(await run()).toEqual({ kind: 'polling', file: folder.file });
    await store.close();
  });

  it('while a server that does not poll has it open', async () => {
    const store = await openStore({ url: folder.url, poller: false });
    expect(await run()).toEqual({ kind: 'open', file: folder.file });
    await folder.store(store, [5]);
    await store.close();
  });

  it('when it is interrupted', async () => {
    const interrupt = new AbortController();
    const watch = { signal: interrupt.signal, onCopied: () => interrupt.abort() };
    expect(await run(undefined, { watch })).toEqual({ kind: 'interrupted' });
  });

  it.each([
    ['that is missing', 'missing: the file does not exist. Name a file that "newswire backup" wrote.', () => undefined],
    ['that is a folder', 'is a folder. Name a file in it.', (at: string) => void mkdirSync(at)],
    ['that is empty', 'is empty. Name a file', (at: string) => writeFileSync(at, '')],
    ['that is not a database', 'is not a database. Name a file', (at: string) => writeFileSync(at, 'sources: []\n')],
    [
      'of another program',
      'is a database of another program (it has the table bookmarks)',
      (at: string) => execute(at, 'create table bookmarks (url text)'),
    ],
  ])('from a file %s', async (_name, message, make) => {
    make(folder.at('missing'));
    expect(await refusal(folder.at('missing'))).toContain(message);
  });

  it('from the backup of a newer version', async () => {
    execute(folder.at('copy'), `insert into kysely_migration values ('0999-later', '2030-01-01T00:00:00.000Z')`);
    expect(await refusal(folder.at('copy'))).toContain(
      'was written by a newer Newswire (it has 0999-later). Restore it with that version or a later one.',
    );
  });

  it('from the database itself', async () => {
    expect(await refusal(folder.file)).toContain('is the database itself');
  });

  it('from a database with a write-ahead log, of which the file is only a part', async () => {
    writeFileSync(folder.at('copy-wal'), 'frames');
    expect(await refusal(folder.at('copy'))).toContain('a part of it may be in copy-wal. Make a complete copy with');
  });

  it('from a backup that was cut off', async () => {
    truncateSync(folder.at('copy'), Math.floor(statSync(folder.at('copy')).size / 2));
    expect(await run()).toMatchObject({ kind: 'damaged', detail: expect.stringMatching(/\w/) });
  });

  it('from a backup with a damaged page', async () => {
    const bytes = readFileSync(folder.at('copy'));
    bytes.fill(0xa5, Math.floor(bytes.length / 2), Math.floor(bytes.length / 2) + 8192);
    writeFileSync(folder.at('copy'), bytes);
    expect(await run()).toMatchObject({ kind: 'damaged', detail: expect.stringMatching(/\w/) });
  });
});

/** Runs SQL on a file, as another program or version would. */
function execute(file: string, statement: string): void {
  const database = new Database(file);
  database.exec(statement);
  database.close();
}
