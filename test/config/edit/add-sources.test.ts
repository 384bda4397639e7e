import { chmodSync, lstatSync, readdirSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addSources, type DeclarationTarget } from '../../../src/config/edit/add-sources.ts';
import { problemsOf, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const url = 'https://example.org/feed.xml';
const one = 'sources:\n  - url: https://example.com/a.xml\n';
const place = (feedsDir: string, file = 'sources.yaml') => ({ feedsDir, env: {}, file });

async function addSource(target: DeclarationTarget, source: { url: string; section: string | null }) {
  const [added] = await addSources(target, [{ ...source, title: null }]);
  if (added === undefined) throw new Error('nothing was added');
  return added;
}

describe('addSources', () => {
  it('declares a source and returns it', async () => {
    const folder = makeFolder({ 'sources.yaml': one });
    const source = await addSource(place(folder.dir), { url, section: 'World' });
    expect(source).toMatchObject({ id: 'example-org-feed-xml', url, section: 'World', declaredAt: 'sources.yaml:3' });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`${one}  - url: ${url}\n    section: World\n`);
    expect(readdirSync(folder.dir)).toEqual(['sources.yaml']);
  });

  it('creates a missing file', async () => {
    const folder = makeFolder({ 'b.yaml': one });
    expect(await addSource(place(folder.dir, 'a.yml'), { url, section: null })).toMatchObject({
      declaredAt: 'a.yml:2',
      section: 'News',
    });
    expect(readFileSync(folder.path('a.yml'), 'utf8')).toBe(`sources:\n  - url: ${url}\n`);
  });

  it('writes nothing if any file declares the source', async () => {
    const folder = makeFolder({ 'sources.yaml': one, 'z.yaml': `sources:\n  - url: ${url}#top\n` });
    const problems = await problemsOf(addSource(place(folder.dir), { url, section: null }));
    expect(problems).toEqual([expect.stringContaining('declared at')]);
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(one);
  });

  it('writes nothing if the declarations are or would be invalid', async () => {
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
  ])('rejects %j as file name', async (file) => {
    const folder = makeFolder({ 'sources.yaml': one });
    expect(await problemsOf(addSource(place(folder.dir, file), { url, section: null }))).toEqual([
      expect.stringMatching(/^--file: not the name of a YAML file/),
    ]);
  });

  it('reports a file that cannot be edited', async () => {
    const folder = makeFolder({ 'sources.yaml': 'x: &l\n  - url: https://example.com/\nsources: *l\n' });
    folder.write('sources.yaml', 'sources: &l\n  - url: https://example.com/\n');
    expect((await addSource(place(folder.dir), { url, section: null })).url).toBe(url);
    const text = `\ufeff${one}`;
    folder.write('sources.yaml', Buffer.from(text, 'utf16le'));
    expect(await problemsOf(addSource(place(folder.dir), { url, section: null }))).toEqual([
      expect.stringContaining('has a form that cannot be edited automatically'),
    ]);
  });

  it('keeps the byte order mark of UTF-8', async () => {
    const folder = makeFolder({ 'sources.yaml': `\ufeff${one}` });
    await addSource(place(folder.dir), { url, section: null });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`\ufeff${one}  - url: ${url}\n`);
  });

  it('keeps the mode of the file and follows a symbolic link', async () => {
    const folder = makeFolder({ 'real/sources.yaml': one });
    chmodSync(folder.path('real/sources.yaml'), 0o640);
    symlinkSync('real/sources.yaml', folder.path('sources.yaml'));
    await addSource(place(folder.dir), { url, section: null });
    expect(lstatSync(folder.path('sources.yaml')).isSymbolicLink()).toBe(true);
    expect(readFileSync(folder.path('real/sources.yaml'), 'utf8')).toContain(url);
    expect(statSync(folder.path('real/sources.yaml')).mode & 0o777).toBe(0o640);
  });

  it('does not write the values of environment variables', async () => {
    const text = 'sources:\n  - url: https://example.com/\n    headers: { X-Key: "$' + '{KEY}" }\n';
    const folder = makeFolder({ 'sources.yaml': text });
    await addSource({ ...place(folder.dir), env: { KEY: 's3cret' } }, { url, section: null });
    expect(readFileSync(folder.path('sources.yaml'), 'utf8')).toBe(`${text}  - url: ${url}\n`);
  });
});
