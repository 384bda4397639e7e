import { linkSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import {
  type DeclarationWatcher,
  defaultWatchTiming,
  type WatchTiming,
  watchDeclarations,
} from '../../../src/config/watch/watch-declarations.ts';
import type { Declarations } from '../../../src/domain/polling/source.ts';
import { type Log, silentLog } from '../../../src/runtime/log.ts';
import { until } from '../../support/until.ts';
import { type Folder, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const watches: DeclarationWatcher[] = [];
afterEach(async () => {
  for (const watch of watches.splice(0)) await watch.close();
});

/** Impatient, so that the tests are quick; what the patience is good for is tested apart, with a false clock. */
const quick: Partial<WatchTiming> = {
  quietMs: 20,
  maxWaitMs: 100,
  identityCheckMs: 50,
  rereadMs: 60_000,
  graceMs: 200,
};

const declare = (...names: string[]): string =>
  `sources:\n${names.map((name) => `  - url: ${name.includes(':') ? name : `https://example.org/${name}`}\n`).join('')}`;

/** What a watcher has told. */
interface Witness {
  readonly states: string[];
  readonly problems: string[];
  readonly localFeeds: string[];
  readonly watch: DeclarationWatcher;
}

async function watchFolder(
  folder: Folder,
  timing = quick,
  options: { readonly dir?: string; readonly settled?: boolean } = {},
): Promise<Witness> {
  const dir = options.dir ?? folder.dir;
  const current = await readDeclarations(dir, {});
  const told = { states: [namesOf(current)], problems: [] as string[], localFeeds: [] as string[] };
  const watch = watchDeclarations({
    dir,
    env: {},
    current,
    onChange: (declarations) => void told.states.push(namesOf(declarations)),
    onProblem: (error) => void told.problems.push(error.message),
    onLocalFeedChange: (file, sourceId) => void told.localFeeds.push(`${path.basename(file)} of ${sourceId}`),
    log: silentLog,
    timing,
  });
  watches.push(watch);
  if (options.settled ?? true) await watch.ready;
  return { ...told, watch };
}

function namesOf(declarations: Declarations): string {
  return declarations.sources.map((source) => path.posix.basename(new URL(source.url).pathname)).join(' ');
}

const untilInForce = async (witness: Witness, names: string): Promise<void> =>
  void (await until(`"${names}" in force`, () => witness.states.at(-1) === names, 10_000));

const untilProblem = async (witness: Witness, part: string): Promise<void> =>
  void (await until(`a problem with ${part}`, () => witness.problems.at(-1)?.includes(part), 10_000));

let marks = 0;

/** Waits until the watcher has looked once more: changes a declared local feed until that is told. */
async function untilLooked(witness: Witness, folder: Folder): Promise<void> {
  const before = witness.localFeeds.length;
  await until('a look', () => {
    folder.write('mark.xml', `mark ${marks++}`);
    return witness.localFeeds.length > before;
  });
}

describe('watchDeclarations', () => {
  it('puts an edited file in force', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    folder.write('a.yaml', declare('1', '2'));
    await untilInForce(witness, '1 2');
    expect(witness.problems).toEqual([]);
  });

  it('logs a fault in taking over a change and takes over the next one', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const states: string[] = [];
    const faults: string[] = [];
    const log: Log = { ...silentLog, error: (_facts, message) => void faults.push(message) };
    const watch = watchDeclarations({
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
    expect({ states, faults }).toEqual({ states: ['1 2', '1 2 3'], faults: ['looking at FEEDS_DIR failed'] });
  });

  it('puts added files in force', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    folder.write('b.yml', declare('2'));
    folder.write('c.opml', '<opml><body><outline xmlUrl="https://example.org/3"/></body></opml>');
    await untilInForce(witness, '1 2 3');
  });

  it('sees what changed between the first read and its start', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(
      folder,
      { ...quick, quietMs: 60_000, identityCheckMs: 60_000 },
      { settled: false },
    );
    folder.write('a.yaml', declare('2'));
    await untilInForce(witness, '2');
  });

  it('puts a change in force while other changes go on', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    const busy = setInterval(() => folder.write('notes.txt', String(marks++)), 5);
    try {
      folder.write('a.yaml', declare('2'));
      await untilInForce(witness, '2');
    } finally {
      clearInterval(busy);
    }
  });

  it('is delivered patient enough for whole files and quick enough for two seconds', async () => {
    // How long the first of many changes waits is measured with a false clock, in folder-hints.test.ts.
    expect(defaultWatchTiming.quietMs).toBeGreaterThanOrEqual(100);
    expect(defaultWatchTiming.maxWaitMs).toBeLessThanOrEqual(1000);
    expect(defaultWatchTiming.identityCheckMs + defaultWatchTiming.quietMs).toBeLessThan(2000);
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder, {});
    const busy = setInterval(() => folder.write('notes.txt', String(marks++)), 20);
    try {
      folder.write('a.yaml', declare('2'));
      await untilInForce(witness, '2');
    } finally {
      clearInterval(busy);
    }
  });

  it('says nothing of a change that declares the same', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const witness = await watchFolder(folder);
    await untilLooked(witness, folder);
    folder.write('a.yaml', `${declare('1', 'file:mark.xml')}# a remark\n`);
    await untilLooked(witness, folder);
    expect(witness.states).toEqual(['1 mark.xml']);
  });

  it('takes the sources of a removed file out', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1'), 'b.yaml': declare('2') });
    const witness = await watchFolder(folder);
    unlinkSync(folder.path('b.yaml'));
    await untilInForce(witness, '1');
  });

  it('does not take them out while a file is only being replaced', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml'), 'b.yaml': declare('2') });
    const witness = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    await untilLooked(witness, folder);
    unlinkSync(folder.path('b.yaml'));
    await untilLooked(witness, folder);
    folder.write('b.yaml', '');
    await untilLooked(witness, folder);
    folder.write('b.yaml', declare('3'));
    await untilInForce(witness, '1 mark.xml 3');
    expect(witness.states).toEqual(['1 mark.xml 2', '1 mark.xml 3']);
    expect(witness.problems).toEqual([]);
  });

  it('takes a renamed file for what it is, with no complaint of doubles', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1'), 'b.yaml': declare('2') });
    const witness = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    renameSync(folder.path('a.yaml'), folder.path('c.yaml'));
    await untilInForce(witness, '2 1');
    expect(witness.problems).toEqual([]);
  });

  it('keeps what is in force when a file is wrong, and says so once', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const witness = await watchFolder(folder);
    await untilLooked(witness, folder);
    folder.write('a.yaml', 'sources:\n  - url: nonsense\n');
    await untilProblem(witness, 'a.yaml:2');
    await untilLooked(witness, folder);
    await untilLooked(witness, folder);
    expect(witness.problems).toHaveLength(1);
    expect(witness.states).toEqual(['1 mark.xml']);
  });

  it('tells what is in force once more when a mistake is taken back', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    folder.write('b.yaml', 'nonsense: true');
    await untilProblem(witness, 'b.yaml:1');
    unlinkSync(folder.path('b.yaml'));
    await until('told again', () => witness.states.length === 2);
    expect(witness.states).toEqual(['1', '1']);
    folder.write('b.yaml', 'nonsense: true');
    await until('told of the same mistake again', () => witness.problems.length === 2);
  });

  it('keeps what is in force when no source is left', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    folder.write('a.yaml', 'sources: []\n');
    await untilProblem(witness, 'no source is left');
    folder.write('a.yaml', declare('2'));
    await untilInForce(witness, '2');
    expect(witness.states).toEqual(['1', '2']);
  });

  it('lives through the loss of the whole folder and listens to the one that comes after it', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    rmSync(folder.dir, { recursive: true });
    await untilProblem(witness, 'the folder does not exist');
    folder.write('a.yaml', declare('2'));
    await untilInForce(witness, '2');
    folder.write('a.yaml', declare('3'));
    await untilInForce(witness, '3');
    expect(witness.states).toEqual(['1', '2', '3']);
  });

  it('listens on when the folder is replaced by another in one move', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder);
    const other = makeFolder({ 'a.yaml': declare('2') });
    renameSync(folder.dir, `${folder.dir}.old`);
    renameSync(other.dir, folder.dir);
    await untilInForce(witness, '2');
    folder.write('a.yaml', declare('3'));
    await untilInForce(witness, '3');
    expect(witness.problems).toEqual([]);
  });

  it('sees a swapped link of which the system says nothing', async () => {
    const before = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const after = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const link = path.join(path.dirname(before.dir), 'link');
    symlinkSync(before.dir, link);
    const witness = await watchFolder(before, quick, { dir: link });
    symlinkSync(after.dir, `${link}.new`);
    renameSync(`${link}.new`, link);
    await until('the other folder', () => witness.states.length === 2);
    await untilLooked(witness, after);
  });

  it('sees the swap of a mounted configuration, of which only the folder tells', async () => {
    const folder = makeFolder({ '..1/a.yaml': declare('1'), '..2/a.yaml': declare('2') });
    symlinkSync('..1', folder.path('..data'));
    symlinkSync('..data/a.yaml', folder.path('a.yaml'));
    const witness = await watchFolder(folder);
    symlinkSync('..2', folder.path('..new'));
    renameSync(folder.path('..new'), folder.path('..data'));
    await untilInForce(witness, '2');
    expect(witness.problems).toEqual([]);
  });

  it('puts a file in force that is written piece by piece, and complains of no piece', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder, { ...quick, quietMs: 300, maxWaitMs: 60_000 });
    const whole = declare('1', '2', '3');
    writeFileSync(folder.path('a.yaml'), '');
    for (let at = 0; at < whole.length; at += 7) {
      writeFileSync(folder.path('a.yaml'), whole.slice(at, at + 7), { flag: 'a' });
      await new Promise((resolve) => setImmediate(resolve));
    }
    await untilInForce(witness, '1 2 3');
    expect(witness.states).toEqual(['1', '1 2 3']);
    expect(witness.problems).toEqual([]);
  });

  it('takes a replaced file for a changed one, also when its editor deletes it first', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    const witness = await watchFolder(folder, { ...quick, graceMs: 60_000 });
    folder.write('.a.yaml.swp', declare('2'));
    unlinkSync(folder.path('a.yaml'));
    renameSync(folder.path('.a.yaml.swp'), folder.path('a.yaml'));
    await untilInForce(witness, '2');
    expect(witness.states).toEqual(['1', '2']);
  });

  it('reads everything again now and then, for changes that nothing hints at', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1') });
    // Writing through a name in another folder makes no event in this one.
    const elsewhere = path.join(path.dirname(folder.dir), 'elsewhere.yaml');
    linkSync(folder.path('a.yaml'), elsewhere);
    const witness = await watchFolder(folder, { ...quick, rereadMs: 100 });
    writeFileSync(elsewhere, declare('2'));
    await untilInForce(witness, '2');
  });

  it('calls nothing once it is closed', async () => {
    const folder = makeFolder({ 'a.yaml': declare('1', 'file:mark.xml') });
    const closed = await watchFolder(folder);
    const open = await watchFolder(folder);
    await untilLooked(closed, folder);
    closed.watch.close();
    const told = closed.localFeeds.length;
    folder.write('a.yaml', declare('2', 'file:mark.xml'));
    await untilInForce(open, '2 mark.xml');
    await untilLooked(open, folder);
    expect(closed.states).toEqual(['1 mark.xml']);
    expect(closed.localFeeds).toHaveLength(told);
  });
});

describe('a watched local feed', () => {
  it('is told of at each change of its content, not at a touch', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml', 'file:b.xml'), 'b.xml': 'b', 'mark.xml': '' });
    const witness = await watchFolder(folder);
    await untilLooked(witness, folder);
    expect(witness.localFeeds.filter((told) => told.startsWith('b.xml'))).toEqual([]);
    const ofB = (): number => witness.localFeeds.filter((told) => told === 'b.xml of b-xml').length;
    folder.write('b.xml', 'half');
    await until('the half', () => ofB() === 1);
    folder.write('b.xml', 'half and half');
    await until('the whole', () => ofB() === 2);
    folder.write('b.xml', 'half and half');
    await untilLooked(witness, folder);
    expect(ofB()).toBe(2);
  });

  it('is heard in a folder below', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:sub/b.xml'), 'sub/b.xml': '1' });
    const witness = await watchFolder(folder);
    folder.write('sub/b.xml', '2');
    await until('the feed', () => witness.localFeeds.includes('b.xml of sub-b-xml'));
  });

  it('is heard where a link points to, and when the link is swapped', async () => {
    const folder = makeFolder({
      'a.yaml': declare('file:sub/link.xml'),
      'sub/x': '',
      'data/b.xml': '1',
      'data/c.xml': '2',
    });
    symlinkSync('../data/b.xml', folder.path('sub/link.xml'));
    const witness = await watchFolder(folder);
    folder.write('data/b.xml', '3');
    await until('the content', () => witness.localFeeds.length === 1);
    symlinkSync('../data/c.xml', folder.path('sub/new'));
    renameSync(folder.path('sub/new'), folder.path('sub/link.xml'));
    await until('the link', () => witness.localFeeds.length === 2);
  });

  it('is told of when it appears', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml', 'file:later.xml') });
    const witness = await watchFolder(folder);
    await untilLooked(witness, folder);
    folder.write('later.xml', 'here');
    await until('the feed', () => witness.localFeeds.includes('later.xml of later-xml'));
  });

  it('is watched from its declaration on, and no longer', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml'), 'b.xml': '1' });
    const witness = await watchFolder(folder);
    folder.write('a.yaml', declare('file:mark.xml', 'file:b.xml'));
    await untilInForce(witness, 'mark.xml b.xml');
    await until('the feed', () => {
      folder.write('b.xml', String(marks++));
      return witness.localFeeds.includes('b.xml of b-xml');
    });
    folder.write('a.yaml', declare('file:mark.xml'));
    await untilInForce(witness, 'mark.xml');
    const told = witness.localFeeds.filter((line) => line.startsWith('b.xml')).length;
    folder.write('b.xml', 'unheard');
    await untilLooked(witness, folder);
    expect(witness.localFeeds.filter((line) => line.startsWith('b.xml'))).toHaveLength(told);
  });

  it('is told of though a declaration is wrong', async () => {
    const folder = makeFolder({ 'a.yaml': declare('file:mark.xml') });
    const witness = await watchFolder(folder);
    folder.write('b.yaml', 'nonsense: true');
    await untilProblem(witness, 'b.yaml:1');
    await untilLooked(witness, folder);
    expect(witness.localFeeds).toContain('mark.xml of mark-xml');
  });
});
