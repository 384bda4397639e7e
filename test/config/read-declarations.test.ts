import { mkdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readDeclarations } from '../../src/config/read-declarations.ts';
import { defaultCommentsNotice } from '../../src/domain/comments/comment.ts';
import { useFolders } from './temporary-folder.ts';

const makeFolder = useFolders();

/** The declarations of these files. */
const declared = async (files: Record<string, string>, env: Record<string, string> = {}) =>
  await readDeclarations(makeFolder(files).dir, env);

/** The sources that one YAML list declares. */
const sourcesOf = async (list: string, env: Record<string, string> = {}) =>
  (await declared({ 'sources.yaml': `sources:\n${list}` }, env)).sources;

describe('readDeclarations', () => {
  it('fills in all defaults', async () => {
    const { site, sections, sources } = await declared({
      'sources.yaml': 'sources:\n  - url: https://www.example.org/world/rss.xml\n',
    });
    expect(site).toEqual({
      title: 'Newswire',
      timezone: 'UTC',
      dateline: 'dd.MM.yy HH:mm',
      comments: 'moderated',
      commentsNotice: defaultCommentsNotice,
      politeness: { hostGapMs: 1000, hostConcurrency: 1, globalPerSecond: 10 },
      retention: { maxAgeMs: 90 * 86_400_000, itemsPerSource: 10_000 },
    });
    expect(sections).toEqual(['News']);
    expect(sources).toEqual([
      {
        id: 'example-org-world-rss-xml',
        idDeclared: false,
        url: 'https://www.example.org/world/rss.xml',
        hidden: null,
        title: null,
        section: 'News',
        intervalMs: null,
        language: null,
        headers: {},
        keep: null,
        drop: null,
        limit: 500,
        republish: 'full',
        trust: { dates: true, ids: true },
        declarationHash: expect.stringMatching(/^[0-9a-f]{64}$/),
        declaredAt: 'sources.yaml:2',
        listedBy: null,
      },
    ]);
  });

  it('reads all settings', async () => {
    const { site, sections, sources } = await declared(
      {
        'sources.yaml': `
site:
  title: The Example
  timezone: Europe/Berlin
  dateline: yyyy-MM-dd HH:mm
  comments: off
  commentsNotice: "Be kind: think twice."
  politeness: { hostGap: 500ms, hostConcurrency: 2, globalPerSecond: 0.5 }
  retention: { maxAge: 30d, itemsPerSource: 500 }
sections: [World, Science]
sources:
  - url: https://example.org/rss.xml
    title: "  Example  "
    section: science
    id: example_1
    interval: 1h
    language: EN-gb
    headers: { Authorization: "Bearer \${TOKEN}" }
    keep: "climate|energy"
    drop: "(?i)sponsored"
    limit: 50
    republish: link
    trust: { dates: false }
`,
      },
      { TOKEN: 't0k' },
    );
    expect(site).toEqual({
      title: 'The Example',
      timezone: 'Europe/Berlin',
      dateline: 'yyyy-MM-dd HH:mm',
      comments: 'off',
      commentsNotice: 'Be kind: think twice.',
      politeness: { hostGapMs: 500, hostConcurrency: 2, globalPerSecond: 0.5 },
      retention: { maxAgeMs: 30 * 86_400_000, itemsPerSource: 500 },
    });
    expect(sections).toEqual(['World', 'Science']);
    expect(sources[0]).toMatchObject({
      id: 'example_1',
      idDeclared: true,
      title: 'Example',
      section: 'Science',
      intervalMs: 3_600_000,
      language: 'en-GB',
      headers: { Authorization: 'Bearer t0k' },
      keep: 'climate|energy',
      drop: '(?i)sponsored',
      limit: 50,
      republish: 'link',
      trust: { dates: false, ids: true },
      declaredAt: 'sources.yaml:12',
    });
  });

  it('reads all declaration files in order of names', async () => {
    const folder = makeFolder({
      'b.yml': 'sources: [{ url: https://example.org/b }]',
      'A.YAML': 'sources: [{ url: https://example.org/a }]',
      'c.opml': '<opml><body><outline xmlUrl="https://example.org/c"/></body></opml>',
      '.hidden.yaml': 'nonsense: true',
      'notes.txt': 'nonsense',
      'b.yml~': 'nonsense: true',
      'sub/d.yaml': 'nonsense: true',
      'welcome.xml': '<rss/>',
    });
    mkdirSync(folder.path('folder.yaml'));
    const { sources } = await readDeclarations(folder.dir, {});
    expect(sources.map((source) => source.url)).toEqual([
      'https://example.org/a',
      'https://example.org/b',
      'https://example.org/c',
    ]);
  });

  it('accepts empty files and files with only comments', async () => {
    const { sources } = await declared({ 'a.yaml': '', 'b.yaml': '# nothing yet\n', 'c.yaml': 'sources:\n' });
    expect(sources).toEqual([]);
  });

  it('resolves a local file inside the folder', async () => {
    const folder = makeFolder({ 'sources.yaml': 'sources: [{ url: "file:welcome.xml" }]', 'welcome.xml': '<rss/>' });
    const { sources } = await readDeclarations(folder.dir, {});
    expect(sources[0]).toMatchObject({ id: 'welcome-xml', url: pathToFileURL(folder.path('welcome.xml')).href });
  });

  it('moves a user name and password to a header', async () => {
    const [source] = await sourcesOf(`  - url: https://me:\${PW}@example.org/\n`.replace(`\${PW}`, 's3cret'));
    expect(source?.url).toBe('https://example.org/');
    expect(source?.headers).toEqual({ Authorization: `Basic ${Buffer.from('me:s3cret').toString('base64')}` });
  });

  it('resolves anchors and aliases', async () => {
    const sources = await sourcesOf(`  - url: https://example.org/a
    trust: &broken { dates: false }
  - url: https://example.org/b
    trust: *broken
`);
    expect(sources[1]?.trust).toEqual({ dates: false, ids: true });
  });
});

describe('sections', () => {
  it('have the declared order, followed by those that only sources name', async () => {
    const { sections } = await declared({
      'a.yaml': 'sections: [World, Science]\nsources: [{ url: https://example.org/a, section: Local }]',
      'b.yaml': 'sections: [Science, Arts]',
    });
    expect(sections).toEqual(['World', 'Science', 'Arts', 'Local']);
  });

  it('are equal if they differ only in case or accents', async () => {
    const { sections, sources } = await declared({
      'a.yaml': 'sections: [Économie]\nsources: [{ url: https://example.org/a, section: economie }]',
    });
    expect(sections).toEqual(['Économie']);
    expect(sources[0]?.section).toBe('Économie');
  });

  it('start with the default section', async () => {
    const { sources } = await declared({
      'a.yaml': 'sections: [World, Science]\nsources: [{ url: https://example.org/a }]',
    });
    expect(sources[0]?.section).toBe('World');
  });
});

describe('ids', () => {
  it('are derived from the title, else from host and path', async () => {
    const sources = await sourcesOf(`  - { url: https://example.org/1, title: "Žluťoučký News!" }
  - { url: "https://news.example.org:8080/a/b.xml?c=d" }
  - { url: https://example.org/2, title: 世界新闻 }
`);
    expect(sources.map((source) => source.id)).toEqual([
      'zlutoucky-news',
      'news-example-org-8080-a-b-xml-c-d',
      '世界新闻',
    ]);
  });

  it('are made unique by a number and do not displace declared ones', async () => {
    const sources = await sourcesOf(`  - { url: https://example.org/1, title: Example }
  - { url: https://example.org/2, title: Example }
  - { url: https://example.org/3, id: example }
`);
    expect(sources.map((source) => source.id)).toEqual(['example-2', 'example-3', 'example']);
  });

  it('are limited in length', async () => {
    const [source] = await sourcesOf(`  - url: https://example.org/${'a'.repeat(500)}\n`);
    expect(source?.id.length).toBeLessThanOrEqual(80);
  });
});

describe('the declaration hash', () => {
  const base =
    'url: https://example.org/, title: A, section: World, interval: 1h, republish: full, headers: { X-A: "1", X-B: "2" }';
  const hashOf = async (fields: string): Promise<string> =>
    (await sourcesOf(`  - { ${fields} }\n`))[0]?.declarationHash ?? '';

  it.each([
    ['title: A', 'title: B'],
    ['section: World', 'section: Science'],
    ['interval: 1h', 'interval: 2h'],
    ['republish: full', 'republish: link'],
    ['X-A: "1", X-B: "2"', 'x-b: "2", x-a: "1"'],
    ['title: A', 'title: A, id: other'],
    ['title: A', 'title: A, limit: 500, trust: { dates: true }'],
  ])('is unchanged if %j becomes %j', async (before, after) => {
    expect(await hashOf(base.replace(before, after))).toBe(await hashOf(base));
  });

  it.each([
    ['https://example.org/', 'https://example.org/2'],
    ['X-A: "1"', 'X-A: "3"'],
    ['title: A', 'title: A, limit: 10'],
    ['title: A', 'title: A, keep: a'],
    ['title: A', 'title: A, drop: a'],
    ['title: A', 'title: A, language: en'],
    ['title: A', 'title: A, trust: { dates: false }'],
    ['title: A', 'title: A, trust: { ids: false }'],
  ])('changes when %j becomes %j', async (before, after) => {
    expect(await hashOf(base.replace(before, after))).not.toBe(await hashOf(base));
  });

  it('distinguishes keep and drop', async () => {
    expect(await hashOf(`${base}, keep: a`)).not.toBe(await hashOf(`${base}, drop: a`));
  });
});
