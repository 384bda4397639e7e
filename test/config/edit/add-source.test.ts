import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addSource } from '../../../src/config/edit/add-source.ts';
import { problemsOf, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const url = 'https://example.org/feed.xml';
const one = 'sources:\n  - url: https://example.com/a.xml\n';
const place = (feedsDir: string, file = 'sources.yaml') => ({ feedsDir, env: {}, file });

describe('addSource', () => {
  it('writes a source and says as what it is declared now', async () => {
    const folder = makeFolder({ 'sources.yaml': one });
    const source = await addSource(place(folder.dir), { url, section: 'World' });
    expect(source).toMatchObject({ id: 'example-org-feed-xml', url, section: 'World', declaredAt: 'sources.yaml:3' });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`${one}  - url: ${url}\n    section: World\n`);
    expect(readdirSync(folder.dir)).toEqual(['sources.yaml']);
  });

  it('makes the file when it is missing', async () => {
    const folder = makeFolder({ 'b.yaml': one });
    expect(await addSource(place(folder.dir, 'a.yml'), { url, section: null })).toMatchObject({
      declaredAt: 'a.yml:2',
      section: 'News',
    });
    expect(readFileSync(folder.path('a.yml'), 'utf8')).toBe(`sources:\n  - url: ${url}\n`);
  });

  it('writes nothing when the source is declared, in whatever file', async () => {
    const folder = makeFolder({ 'sources.yaml': one, 'z.yaml': `sources:\n  - url: ${url}#top\n` });
    const mistakes = await problemsOf(addSource(place(folder.dir), { url, section: null }));
    expect(mistakes).toEqual([expect.stringContaining('declared at')]);
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(one);
  });

  it('writes nothing when the declarations are wrong already, or would be', async () => {
    const wrong = `${one}    interval: often\n`;
    const folder = makeFolder({ 'sources.yaml': wrong });
    expect(await problemsOf(addSource(place(folder.dir), { url, section: null }))).toHaveLength(1);
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(wrong);
    const sound = makeFolder({ 'sources.yaml': one });
    const long = 'x'.repeat(61);
    expect(await problemsOf(addSource(place(sound.dir), { url, section: long }))).toEqual([
      expect.stringMatching(/^sources\.yaml:4: section is longer/),
    ]);
    expect(readFileSync(sound.path('sources.yaml'), 'utf8')).toBe(one);
  });

  it.each([
    '../sources.yaml',
    '/etc/sources.yaml',
    '.sources.yaml',
    'sources.opml',
    'sources',
    'a\\b.yaml',
    '',
  ])('refuses %j for a file', async (file) => {
    const folder = makeFolder({ 'sources.yaml': one });
    expect(await problemsOf(addSource(place(folder.dir, file), { url, section: null }))).toEqual([
      expect.stringMatching(/^--file: is not the name of a YAML file/),
    ]);
  });

  it('says so when the file cannot be added to', async () => {
    const folder = makeFolder({ 'sources.yaml': 'x: &l\n  - url: https://example.com/\nsources: *l\n' });
    folder.write('sources.yaml', 'sources: &l\n  - url: https://example.com/\n');
    expect((await addSource(place(folder.dir), { url, section: null })).url).toBe(url);
    const text = `\ufeff${one}`;
    folder.write('sources.yaml', Buffer.from(text, 'utf16le'));
    expect(await problemsOf(addSource(place(folder.dir), { url, section: null }))).toEqual([
      expect.stringContaining('of a form that cannot be added to'),
    ]);
  });

  it('keeps the byte order mark of UTF-8', async () => {
    const folder = makeFolder({ 'sources.yaml': `\ufeff${one}` });
    await addSource(place(folder.dir), { url, section: null });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`\ufeff${one}  - url: ${url}\n`);
  });

  it('keeps the mode of the file, and a link a link', async () => {
    const folder = makeFolder({ 'real/sources.yaml': one });
    chmodSync(folder.path('real/sources.yaml'), 0o640);
    symlinkSync('real/sources.yaml', folder.path('sources.yaml'));
    await addSource(place(folder.dir), { url, section: null });
    expect(lstatSync(folder.path('sources.yaml')).isSymbolicLink()).toBe(true);
    expect(readFileSync(folder.path('real/sources.yaml'), 'utf8')).toContain(url);
    expect(statSync(folder.path('real/sources.yaml')).mode & 0o777).toBe(0o640);
  });

  it('looks at references to the environment without writing what they hold', async () => {
    const text = 'sources:\n  - url: https://example.com/\n    headers: { X-Key: "$' + '{KEY}" }\n';
    const folder = makeFolder({ 'sources.yaml': text });
    await addSource({ ...place(folder.dir), env: { KEY: 's3cret' } }, { url, section: null });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`${text}  - url: ${url}\n`);
  });
});
