import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { LocalFeeds } from '../../../src/config/watch/local-feeds.ts';
import type { Source } from '../../../src/domain/polling/source.ts';
import { aSource } from '../../support/builders.ts';
import { type Folder, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();

function localSource(folder: Folder, name: string): Source {
  return aSource(name.replace(/\W/g, '-'), { url: pathToFileURL(folder.path(name)).href });
}

async function changedIn(feeds: LocalFeeds): Promise<string[]> {
  return (await feeds.changed()).map((feed) => feed.sourceId);
}

describe('LocalFeeds', () => {
  it('reports changes since the first check only', async () => {
    const folder = makeFolder({ 'a.xml': '1', 'b.xml': '1' });
    const feeds = new LocalFeeds();
    feeds.declare([localSource(folder, 'a.xml'), localSource(folder, 'b.xml'), aSource('remote')]);
    expect(await changedIn(feeds)).toEqual([]);
    folder.write('b.xml', '2');
    expect(await changedIn(feeds)).toEqual(['b-xml']);
    expect(await changedIn(feeds)).toEqual([]);
    folder.write('b.xml', '2');
    expect(await changedIn(feeds)).toEqual([]);
  });

  it('reports no missing file, but its return', async () => {
    const folder = makeFolder({ 'a.xml': '1' });
    const feeds = new LocalFeeds();
    feeds.declare([localSource(folder, 'a.xml')]);
    await feeds.changed();
    rmSync(folder.path('a.xml'));
    expect(await changedIn(feeds)).toEqual([]);
    folder.write('a.xml', '1');
    expect(await changedIn(feeds)).toEqual(['a-xml']);
  });

  it('reports a file that appears', async () => {
    const folder = makeFolder();
    const feeds = new LocalFeeds();
    feeds.declare([localSource(folder, 'a.xml')]);
    expect(await changedIn(feeds)).toEqual([]);
    folder.write('a.xml', '1');
    expect(await changedIn(feeds)).toEqual(['a-xml']);
  });

  it('keeps state across new declarations and removes that of undeclared files', async () => {
    const folder = makeFolder({ 'a.xml': '1', 'b.xml': '1' });
    const both = [localSource(folder, 'a.xml'), localSource(folder, 'b.xml')];
    const feeds = new LocalFeeds();
    feeds.declare(both);
    await feeds.changed();
    feeds.declare(both.slice(0, 1));
    folder.write('a.xml', '2');
    folder.write('b.xml', '2');
    expect(await changedIn(feeds)).toEqual(['a-xml']);
    feeds.declare(both);
    expect(await changedIn(feeds)).toEqual([]);
  });

  it('returns the folder of a file and that of its link target', async () => {
    const folder = makeFolder({ 'data/real.xml': '1', 'sub/x': '' });
    symlinkSync('../data/real.xml', folder.path('sub/link.xml'));
    const feeds = new LocalFeeds();
    feeds.declare([localSource(folder, 'sub/link.xml'), localSource(folder, 'later.xml')]);
    expect(new Set(await feeds.folders())).toEqual(
      new Set([folder.path('sub'), folder.path('data'), path.dirname(folder.path('later.xml'))]),
    );
  });
});
