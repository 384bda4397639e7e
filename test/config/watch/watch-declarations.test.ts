import { linkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import * as watcher from '../../../src/config/watch/watch-declarations.ts';
import type { Declarations } from '../../../src/domain/polling/source.ts';
import { type Log, silentLog } from '../../../src/runtime/log.ts';
import { until } from '../../support/until.ts';
import { type Folder, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const watches: watcher.DeclarationWatcher[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
});

/** Short times, so that the tests are fast. The default timing is tested separately, with a fake clock. */
const quick: Partial<watcher.WatchTiming> = {
  quietMs: 20,
  maxWaitMs: 100,
  identityCheckMs: 50,
  rereadMs: 60_000,
  graceMs: 200,
};

const declare = (...names: string[]): string =>
  `sources:\n${names.map((name) => `  - url: ${name.includes(':') ? name : `https://example.org/${name}`}\n`).join('')}`;

/** What a watcher has reported. */
type Watched = Readonly<Record<'states' | 'problems' | 'localFeeds', string[]>> & { watch: watcher.DeclarationWatcher };

async function watchFolder(
  folder: Folder,
  timing = quick,
  options: { readonly dir?: string; readonly settled?: boolean } = {},
): Promise<Watched> {
  const dir = options.dir ?? folder.dir;
  const current = await readDeclarations(dir, {});
  const reported = { states: [namesOf(current)], problems: [] as string[], localFeeds: [] as string[] };
  const watch = watcher.watchDeclarations({
    dir,
    env: {},
    current,
    onChange: (declarations) => void reported.states.push(namesOf(declarations)),
    onProblem: (error) => void reported.problems.push(error.message),
    onLocalFeedChange: (file, sourceId) => void reported.localFeeds.push(`${path.basename(file)} of ${sourceId}`),
    log: silentLog,
    timing,
  });
  watches.push(watch);
  if (options.settled ?? true) await watch.ready;
  return { ...reported, watch };
}

function namesOf(declarations: Declarations): string {
  return declarations.sources.map((source) => path.posix.basename(new URL(source.url).pathname)).join(' ');
}

const untilActive = async (watched: Watched, names: string): Promise<void> =>
  void (await until(`"${names}" to be active`, () => watched.states.at(-1) === names, 10_000));

const untilProblem = async (watched: Watched, part: string): Promise<void> =>
  void (await until(`a problem with ${part}`, () => watched.problems.at(-1)?.includes(part), 10_000));

let marks = 0;

/** Waits for another read of the watcher: changes a declared local file until that is reported. */
async function untilLooked(watched: Watched, folder: Folder): Promise<void> {
  const before = watched.localFeeds.length;
  await until('a look', () => {
    folder.write('mark.xml', `mark ${marks++}`);
    return watched.localFeeds.length > before;
  });
}

describe('watchDeclarations', () => {
  it('activates an edited file', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    folder.write('a.yaml', declare('1', '2'));
    await untilActive(watched, '1 2');
    expect(watched.problems).toEqual([]);
  });

  it('logs an error while activating a change and activates the next one', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const states: string[] = [];
    const faults: string[] = [];
    const log: Log = { ...silentLog, error: (_facts, message) => void faults.push(message) };
    const watch = watcher.watchDeclarations({
      dir: folder.dir,
      env: {},
      current: await readDeclarations(folder.dir, {}),
      log,
      onChange: (declarations) => {
        states.push(namesOf(declarations));
        if (states.length === 1) throw new Error('no luck');
      },
      onProblem: () => {},
      onLocalFeedChange: () => {},
      timing: quick,
    });
    watches.push(watch);
    await watch.ready;
    folder.write('a.yaml', declare('1', '2'));
    await until('the fault', () => faults.length > 0);
    folder.write('a.yaml', declare('1', '2', '3'));
    await until('the next change', () => states.length > 1);
    expect({ states, faults }).toEqual({ states: ['1 2', '1 2 3'], faults: ['reading FEEDS_DIR failed'] });
  });

  it('activates added files', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    folder.write('b.yml', declare('2'));
    folder.write('c.opml', '<opml><body><outline xmlUrl="https://example.org/3"/></body></opml>');
    await untilActive(watched, '1 2 3');
  });

  it('detects changes between the initial read and its start', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const slow = { ...quick, quietMs: 60_000, identityCheckMs: 60_000 };
    const watched = await watchFolder(folder, slow, { settled: false });
    folder.write('a.yaml', declare('2'));
    await untilActive(watched, '2');
  });

  it('activates a change during continuous changes', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    const busy = setInterval(() => folder.write('notes.txt', String(marks++)), 5);
    try {
      folder.write('a.yaml', declare('2'));
      await untilActive(watched, '2');
    } finally {
      clearInterval(busy);
    }
  });

  it('has default timing for complete files within two seconds', async () => {
    // folder-watcher.test.ts measures the delay of the first change with a fake clock.
    expect(watcher.defaultWatchTiming.quietMs).toBeGreaterThanOrEqual(100);
    expect(watcher.defaultWatchTiming.maxWaitMs).toBeLessThanOrEqual(1000);
    expect(watcher.defaultWatchTiming.identityCheckMs + watcher.defaultWatchTiming.quietMs).toBeLessThan(2000);
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder, {});
    const busy = setInterval(() => folder.write('notes.txt', String(marks++)), 20);
    try {
      folder.write('a.yaml', declare('2'));
      await untilActive(watched, '2');
    } finally {
      clearInterval(busy);
    }
  });

  it('ignores a change with equal declarations', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const watched = await watchFolder(folder);
    await untilLooked(watched, folder);
    folder.write('a.yaml', `${declare('1', 'file:mark.xml')}# a remark\n`);
    await untilLooked(watched, folder);
    expect(watched.states).toEqual(['1 mark.xml']);
  });

  it('removes the sources of a removed file', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1'), 'b.yaml': declare('2') });
    const watched = await watchFolder(folder);
    unlinkSync(folder.path('b.yaml'));
    await untilActive(watched, '1');
  });

  it('does not remove the sources of a file that is being replaced', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml'), 'b.yaml': declare('2') });
    const watched = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    await untilLooked(watched, folder);
    unlinkSync(folder.path('b.yaml'));
    await untilLooked(watched, folder);
    folder.write('b.yaml', '');
    await untilLooked(watched, folder);
    folder.write('b.yaml', declare('3'));
    await untilActive(watched, '1 mark.xml 3');
    expect(watched.states).toEqual(['1 mark.xml 2', '1 mark.xml 3']);
    expect(watched.problems).toEqual([]);
  });

  it('accepts a renamed file without duplicate errors', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1'), 'b.yaml': declare('2') });
    const watched = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    renameSync(folder.path('a.yaml'), folder.path('c.yaml'));
    await untilActive(watched, '2 1');
    expect(watched.problems).toEqual([]);
  });

  it('keeps the active declarations if a file is invalid and reports it once', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const watched = await watchFolder(folder);
    await untilLooked(watched, folder);
    folder.write('a.yaml', 'sources:\n  - url: nonsense\n');
    await untilProblem(watched, 'a.yaml:2');
    await untilLooked(watched, folder);
    await untilLooked(watched, folder);
    expect(watched.problems).toHaveLength(1);
    expect(watched.states).toEqual(['1 mark.xml']);
  });

  it('reports the active declarations again when an error is reverted', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    folder.write('b.yaml', 'nonsense: true');
    await untilProblem(watched, 'b.yaml:1');
    unlinkSync(folder.path('b.yaml'));
    await until('the second report', () => watched.states.length === 2);
    expect(watched.states).toEqual(['1', '1']);
    folder.write('b.yaml', 'nonsense: true');
    await until('the second report of the same error', () => watched.problems.length === 2);
  });

  it('keeps the active declarations if no source is left', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    folder.write('a.yaml', 'sources: []\n');
    await untilProblem(watched, 'declares no source');
    folder.write('a.yaml', declare('2'));
    await untilActive(watched, '2');
    expect(watched.states).toEqual(['1', '2']);
  });

  it('survives the removal of the folder and watches its replacement', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    rmSync(folder.dir, { recursive: true });
    await untilProblem(watched, 'the folder does not exist');
    folder.write('a.yaml', declare('2'));
    await untilActive(watched, '2');
    folder.write('a.yaml', declare('3'));
    await untilActive(watched, '3');
    expect(watched.states).toEqual(['1', '2', '3']);
  });

  it('continues when the folder is replaced atomically', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder);
    const other = makeFolder({ 'a.yaml': declare('2') });
    renameSync(folder.dir, `${folder.dir}.old`);
    renameSync(other.dir, folder.dir);
    await untilActive(watched, '2');
    folder.write('a.yaml', declare('3'));
    await untilActive(watched, '3');
    expect(watched.problems).toEqual([]);
  });

  it('detects a replaced symbolic link without events', async () => {
    const before = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const after = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const link = path.join(path.dirname(before.dir), 'link');
    symlinkSync(before.dir, link);
    const watched = await watchFolder(before, quick, { dir: link });
    symlinkSync(after.dir, `${link}.new`);
    renameSync(`${link}.new`, link);
    await until('the other folder', () => watched.states.length === 2);
    await untilLooked(watched, after);
  });

  it('detects the replacement of a mounted configuration', async () => {
    const folder = makeFolder({ '..1/a.yaml': declare('1'), '..2/a.yaml': declare('2') });
    symlinkSync('..1', folder.path('..data'));
    symlinkSync('..data/a.yaml', folder.path('a.yaml'));
    const watched = await watchFolder(folder);
    symlinkSync('..2', folder.path('..new'));
    renameSync(folder.path('..new'), folder.path('..data'));
    await untilActive(watched, '2');
    expect(watched.problems).toEqual([]);
  });

  it('activates a file that is written in pieces without errors', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder, { ...quick, quietMs: 300, maxWaitMs: 60_000 });
    const whole = declare('1', '2', '3');
    writeFileSync(folder.path('a.yaml'), '');
    for (let at = 0; at < whole.length; at += 7) {
      writeFileSync(folder.path('a.yaml'), whole.slice(at, at + 7), { flag: 'a' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilActive(watched, '1 2 3');
    expect(watched.states).toEqual(['1', '1 2 3']);
    expect(watched.problems).toEqual([]);
  });

  it('treats a replaced file as changed, also if it is deleted first', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const watched = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    folder.write('.a.yaml.swp', declare('2'));
    unlinkSync(folder.path('a.yaml'));
    renameSync(folder.path('.a.yaml.swp'), folder.path('a.yaml'));
    await untilActive(watched, '2');
    expect(watched.states).toEqual(['1', '2']);
  });

  it('rereads everything periodically', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    // Writing through a path in another folder causes no event in this one.
    const elsewhere = path.join(path.dirname(folder.dir), 'elsewhere.yaml');
    linkSync(folder.path('a.yaml'), elsewhere);
    const watched = await watchFolder(folder, { ...quick, rereadMs: 100 });
    writeFileSync(elsewhere, declare('2'));
    await untilActive(watched, '2');
  });

  it('does not call back after close', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const closed = await watchFolder(folder);
    const open = await watchFolder(folder);
    await untilLooked(closed, folder);
    closed.watch.close();
    const reported = closed.localFeeds.length;
    folder.write('a.yaml', declare('2', 'file:mark.xml'));
    await untilActive(open, '2 mark.xml');
    await untilLooked(open, folder);
    expect(closed.states).toEqual(['1 mark.xml']);
    expect(closed.localFeeds).toHaveLength(reported);
  });
});

describe('watchDeclarations and local files', () => {
  it('reports a change of content, but not of the modification time', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml', 'file:b.xml'), 'b.xml': 'b', 'mark.xml': '' });
    const watched = await watchFolder(folder);
    await untilLooked(watched, folder);
    expect(watched.localFeeds.filter((change) => change.startsWith('b.xml'))).toEqual([]);
    const ofB = (): number => watched.localFeeds.filter((change) => change === 'b.xml of b-xml').length;
    folder.write('b.xml', 'half');
    await until('the half', () => ofB() === 1);
    folder.write('b.xml', 'half and half');
    await until('the whole', () => ofB() === 2);
    folder.write('b.xml', 'half and half');
    await untilLooked(watched, folder);
    expect(ofB()).toBe(2);
  });

  it('watches a subfolder', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:sub/b.xml'), 'sub/b.xml': '1' });
    const watched = await watchFolder(folder);
    folder.write('sub/b.xml', '2');
    await until('the feed', () => watched.localFeeds.includes('b.xml of sub-b-xml'));
  });

  it('watches the target of a link, and the link', async () => {
    const folder = makeFolder({
      'a.yaml': declare('file:sub/link.xml'),
      'sub/x': '',
      'data/b.xml': '1',
      'data/c.xml': '2',
    });
    symlinkSync('../data/b.xml', folder.path('sub/link.xml'));
    const watched = await watchFolder(folder);
    folder.write('data/b.xml', '3');
    await until('the content', () => watched.localFeeds.length === 1);
    symlinkSync('../data/c.xml', folder.path('sub/new'));
    renameSync(folder.path('sub/new'), folder.path('sub/link.xml'));
    await until('the link', () => watched.localFeeds.length === 2);
  });

  it('reports a file that appears', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml', 'file:later.xml') });
    const watched = await watchFolder(folder);
    await untilLooked(watched, folder);
    folder.write('later.xml', 'here');
    await until('the feed', () => watched.localFeeds.includes('later.xml of later-xml'));
  });

  it('watches a file while it is declared', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml'), 'b.xml': '1' });
    const watched = await watchFolder(folder);
    folder.write('a.yaml', declare('file:mark.xml', 'file:b.xml'));
    await untilActive(watched, 'mark.xml b.xml');
    await until('the feed', () => {
      folder.write('b.xml', String(marks++));
      return watched.localFeeds.includes('b.xml of b-xml');
    });
    folder.write('a.yaml', declare('file:mark.xml'));
    await untilActive(watched, 'mark.xml');
    const reported = watched.localFeeds.filter((line) => line.startsWith('b.xml')).length;
    folder.write('b.xml', 'unheard');
    await untilLooked(watched, folder);
    expect(watched.localFeeds.filter((line) => line.startsWith('b.xml'))).toHaveLength(reported);
  });

  it('reports a change while the declarations are invalid', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const watched = await watchFolder(folder);
    folder.write('b.yaml', 'nonsense: true');
    await untilProblem(watched, 'b.yaml:1');
    await untilLooked(watched, folder);
    expect(watched.localFeeds).toContain('mark.xml of mark-xml');
  });
});
