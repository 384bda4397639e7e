import { symlinkSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readSourceUrl } from '../../src/config/source-url.ts';
import { useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();
const nowhere = path.resolve('/nowhere/feeds');

describe('readSourceUrl', () => {
  it('returns an http(s) URL without fragment', async () => {
    expect(await readSourceUrl('https://Example.org:443/a b?x=1#top', nowhere)).toEqual({
      kind: 'usable',
      url: 'https://example.org/a%20b?x=1',
      authorization: null,
      idText: 'example.org/a%20b?x=1',
    });
  });

  it('moves a user name and password to a header, decoded', async () => {
    const address = await readSourceUrl('https://an%40:p%C3%A4ss%3A@example.org/', nowhere);
    expect(address).toMatchObject({
      url: 'https://example.org/',
      authorization: `Basic ${Buffer.from('an@:päss:').toString('base64')}`,
    });
  });

  it.each([
    ['ftp://example.org/feed', 'url is not http, https or file'],
    ['javascript:alert(1)', 'url is not http, https or file'],
    ['feed:https://example.org/rss', 'url is not http, https or file'],
    ['feed://example.org/rss', 'url is not http, https or file'],
    ['example.org/rss.xml', 'url has no scheme'],
    ['example.org:8080/rss.xml', 'url has no scheme'],
    ['/rss.xml', 'url has no scheme'],
    ['https://', 'url is not a valid URL'],
    ['https://exa mple.org/', 'url is not a valid URL'],
    ['https://u:%E0@example.org/', 'url contains a user name or password with invalid percent-encoding'],
    [`https://example.org/${'a'.repeat(2048)}`, 'url is longer than 2048 characters'],
  ])('rejects %s', async (text, what) => {
    expect(await readSourceUrl(text, nowhere)).toMatchObject({ kind: 'unusable', what });
  });
});

describe('readSourceUrl of a file URL', () => {
  it('resolves inside the feeds folder, also if the file is missing', async () => {
    const { dir } = makeFolder();
    for (const text of [
      'file:sub/a%20b.xml',
      'file:./sub/a b.xml',
      pathToFileURL(path.join(dir, 'sub/a b.xml')).href,
    ]) {
      expect(await readSourceUrl(text, dir)).toMatchObject({
        kind: 'usable',
        url: pathToFileURL(path.join(dir, 'sub', 'a b.xml')).href,
        idText: path.join('sub', 'a b.xml'),
      });
    }
  });

  it.each([
    'file:../secret.xml',
    'file:a/../../secret.xml',
    'file:%2e%2e/secret.xml',
    'file:/etc/passwd',
    'file:.',
  ])('rejects a path out of the folder: %s', async (text) => {
    const { dir } = makeFolder();
    expect(await readSourceUrl(text, dir)).toMatchObject({ what: 'url leads out of FEEDS_DIR' });
  });

  it('rejects a symbolic link out of the folder', async () => {
    const folder = makeFolder({ 'inside.xml': '' });
    const other = makeFolder({ 'secret.xml': '' });
    symlinkSync(other.path('secret.xml'), folder.path('link.xml'));
    symlinkSync(other.dir, folder.path('folder'));
    symlinkSync(folder.path('inside.xml'), folder.path('fine.xml'));
    expect(await readSourceUrl('file:link.xml', folder.dir)).toMatchObject({ kind: 'unusable' });
    expect(await readSourceUrl('file:folder/secret.xml', folder.dir)).toMatchObject({ kind: 'unusable' });
    expect(await readSourceUrl('file:fine.xml', folder.dir)).toMatchObject({ kind: 'usable' });
  });

  it('uses the real path of a feeds folder that is a symbolic link', async () => {
    const folder = makeFolder({ 'a.xml': '' });
    const link = path.join(path.dirname(folder.dir), 'link');
    symlinkSync(folder.dir, link);
    const url = pathToFileURL(folder.path('a.xml')).href;
    for (const text of ['file:a.xml', pathToFileURL(path.join(link, 'a.xml')).href, url]) {
      expect(await readSourceUrl(text, link)).toMatchObject({ kind: 'usable', url, idText: 'a.xml' });
    }
  });

  it.each([
    'file:',
    'file:a.xml?x',
    'file:a.xml#x',
    'file:%E0',
    'file:a%00.xml',
    'file://host/a.xml',
  ])('rejects %s', async (text) => {
    expect(await readSourceUrl(text, nowhere)).toMatchObject({ what: 'url is not the path of a file' });
  });
});
