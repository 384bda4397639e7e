import { describe, expect, it } from 'vitest';
import { readSiteAddress } from '../../../src/cli/inspect/site-address.ts';
import { problemsOf, useFolders } from '../../config/temporary-folder.ts';

const makeFolder = useFolders();

describe('readSiteAddress', () => {
  it.each([
    ['https://example.org/feed', 'https://example.org/feed'],
    [' http://example.org ', 'http://example.org/'],
    ['example.org', 'https://example.org/'],
    ['www.example.org/news?x=1#top', 'https://www.example.org/news?x=1'],
    ['example.org:8443/feed', 'https://example.org:8443/feed'],
    ['bücher.example', 'https://xn--bcher-kva.example/'],
  ])('parses %j', async (text, url) => {
    expect(await readSiteAddress(text, '/nowhere')).toMatchObject({ kind: 'usable', url });
  });

  it('accepts a file of the folder', async () => {
    const folder = makeFolder();
    expect(await readSiteAddress('file:a.xml', folder.dir)).toMatchObject({ url: `file://${folder.path('a.xml')}` });
  });

  it.each([
    '',
    'news',
    'ftp://example.org/',
    'feed://example.org/',
    '../feed.xml',
    'http://',
    '127.0.0.1',
    'file:../a.xml',
  ])('refuses %j', async (text) => {
    expect(await problemsOf(readSiteAddress(text, '/nowhere'))).toEqual([expect.stringMatching(/^URL: url /)]);
  });
});
