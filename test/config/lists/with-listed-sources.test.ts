import { describe, expect, it } from 'vitest';
import { withListedSources } from '../../../src/config/lists/with-listed-sources.ts';
import { readDeclarations } from '../../../src/config/read-declarations.ts';
import { type ListContent, type ListedSource, noListContent } from '../../../src/domain/polling/remote-list.ts';
import type { Declarations } from '../../../src/domain/polling/source.ts';
import { problemsOf, useFolders } from '../temporary-folder.ts';

const makeFolder = useFolders();
const listUrl = 'https://lists.example.org/a.opml';

const declare = async (yaml: string, env: Record<string, string> = {}): Promise<Declarations> =>
  await readDeclarations(makeFolder({ 'sources.yaml': yaml }).dir, env);

const listed = (url: string, over: Partial<ListedSource> = {}): ListedSource => ({
  ...{ url, title: null, section: null, missed: 0 },
  ...over,
});

const content = (...sources: ListedSource[]): ListContent => ({ ...noListContent, sources });

describe('withListedSources', () => {
  it('adds the sources of a list to the sections of its outlines', async () => {
    const declarations = await declare(`sections: [World]\nsources:\n  - opml: ${listUrl}\n    every: 2h\n`);
    expect(declarations.lists).toMatchObject([{ key: listUrl, url: listUrl, everyMs: 7_200_000 }]);
    const outlines = [
      listed('https://example.org/1', { title: 'One', section: 'Technology' }),
      listed('https://example.org/2'),
    ];
    const { sources, sections } = withListedSources(declarations, new Map([[listUrl, content(...outlines)]]));
    expect(sections).toEqual(['World', 'Technology']);
    expect(sources).toMatchObject([
      { id: 'one', url: 'https://example.org/1', title: 'One', section: 'Technology', idDeclared: false },
      { id: 'example-org-2', section: 'World', declaredAt: 'sources.yaml:3', listedBy: listUrl },
    ]);
  });

  it('puts all sources of a list with a section into it', async () => {
    const declarations = await declare(`sources:\n  - opml: ${listUrl}\n    section: Blogs\n`);
    const outlines = content(listed('https://example.org/1', { section: 'Technology' }));
    expect(withListedSources(declarations, new Map([[listUrl, outlines]])).sections).toEqual(['Blogs']);
  });

  it("keeps the operator's declaration of the same source, and the id of another one", async () => {
    const declarations = await declare(
      `sources:\n  - opml: ${listUrl}\n  - url: https://example.org/1\n    title: Mine\n  - url: https://example.org/2\n    title: One\n`,
    );
    const outlines = content(
      listed('https://example.org/1', { title: 'Theirs' }),
      listed('https://example.org/3', { title: 'One' }),
    );
    const { sources } = withListedSources(declarations, new Map([[listUrl, outlines]]));
    expect(sources.map(({ id, url, listedBy }) => [id, url.at(-1), listedBy])).toEqual([
      ['mine', '1', null],
      ['one', '2', null],
      ['one-2', '3', listUrl],
    ]);
  });

  it('adds neither the list itself nor another list, and a source of two lists once', async () => {
    const other = 'https://lists.example.org/b.opml';
    const declarations = await declare(`sources:\n  - opml: ${listUrl}\n  - opml: ${other}\n`);
    const one = content(listed(listUrl), listed(other), listed('https://example.org/1'));
    const contents = new Map([
      [listUrl, one],
      [other, one],
    ]);
    const { sources } = withListedSources(declarations, contents);
    expect(sources).toMatchObject([{ url: 'https://example.org/1', listedBy: listUrl }]);
  });

  it('warns of a list that cannot be read and of unusable outlines', async () => {
    const declarations = await declare(`sources:\n  - opml: ${listUrl}\n`);
    const failing: ListContent = {
      sources: [listed('https://example.org/1')],
      unusable: { count: 3, first: '(line 7) has no xmlUrl' },
      failure: 'HTTP 500',
    };
    const { warnings } = withListedSources(declarations, new Map([[listUrl, failing]]));
    expect(warnings.map(({ where, what }) => `${where}: ${what}`)).toEqual([
      `sources.yaml:2: the remote list ${listUrl} cannot be read (HTTP 500); its 1 sources stay`,
      `sources.yaml:2: the remote list ${listUrl} has 3 unusable outlines, the first of which (line 7) has no xmlUrl`,
    ]);
  });

  it('masks the secret of a list in its own URL and in those of its sources', async () => {
    const yaml = 'sources:\n  - opml: "https://lists.example.org/$' + '{LIST_TOKEN}.opml"\n';
    const declarations = await declare(yaml, { LIST_TOKEN: 'first-secret' });
    const [list] = declarations.lists;
    expect(list).toMatchObject({
      key: 'https://lists.example.org/LIST_TOKEN.opml',
      url: 'https://lists.example.org/first-secret.opml',
    });
    const contents = new Map([[list?.key ?? '', content(listed('https://example.org/?t=***'))]]);
    const [source] = withListedSources(declarations, contents).sources;
    expect(source).toMatchObject({
      id: 'example-org-t',
      url: 'https://example.org/?t=first-secret',
      hidden: { url: 'https://example.org/?t=***', secrets: ['first-secret'] },
    });
    const rotated = await declare(yaml, { LIST_TOKEN: 'second-secret' });
    expect(withListedSources(rotated, contents).sources[0]?.url).toBe('https://example.org/?t=second-secret');
  });
});

describe('a declared remote list', () => {
  it.each([
    ['opml: file:a.opml', 'opml is a local file'],
    ['opml: ftp://example.org/a.opml', 'opml is not http, https or file: "ftp://example.org/a.opml"'],
    ['opml: ""', 'opml is empty: ""'],
    ['opml: https://example.org/a.opml\n    every: 5m', 'every is not a duration from 15m to 7d: "5m"'],
    ['opml: https://example.org/a.opml\n    interval: 1h', 'unknown key "interval"'],
    ['opml: https://example.org/a.opml\n    url: https://example.org/', 'unknown key "url"'],
    ['opml: https://example.org/a.opml\n    section: "!"', 'section contains neither a letter nor a digit: "!"'],
  ])('is invalid: %s', async (fields, what) => {
    const folder = makeFolder({ 'a.yaml': `sources:\n  - ${fields}\n` });
    const problems = await problemsOf(readDeclarations(folder.dir, {}));
    expect(problems.map((problem) => problem.replace(/^a\.yaml:\d+: (.*?)\. .*$/, '$1'))).toEqual([what]);
  });

  it('is declared once', async () => {
    const folder = makeFolder({ 'a.yaml': `sources:\n  - opml: ${listUrl}\n  - opml: ${listUrl}\n` });
    expect(await problemsOf(readDeclarations(folder.dir, {}))).toEqual([
      'a.yaml:3: opml is already declared at a.yaml:2. Remove one of the two.',
    ]);
  });

  it('has the credentials of its URL in a header, and not in its key', async () => {
    const { lists } = await declare('sources:\n  - opml: https://me:pa55@lists.example.org/a.opml\n');
    expect(lists).toMatchObject([{ key: listUrl, url: listUrl, headers: { Authorization: 'Basic bWU6cGE1NQ==' } }]);
  });
});
