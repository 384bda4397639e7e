import { describe, expect, it } from 'vitest';
import { type OpmlOutline, readOpml } from '../../../src/config/files/read-opml.ts';
import { heading, opml, outline } from '../../support/opml.ts';

function outlinesOf(text: string): readonly OpmlOutline[] {
  const document = readOpml(text);
  if (document.kind === 'invalid') throw new Error(document.what);
  return document.outlines;
}

/** Title, section and URL of each outline, and why it is unusable. */
const facts = (text: string) =>
  outlinesOf(text).map(({ title, section, url, unusable }) => [title, section, url, unusable]);

describe('the export of', () => {
  it('Miniflux has a category around each group of feeds', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
    <head>
        <title>Miniflux</title>
        <dateCreated>Wed, 04 Mar 2026 10:00:00 UTC</dateCreated>
    </head>
    <body>
        <outline text="All">
            <outline title="A &amp; B" text="A &amp; B" xmlUrl="https://example.org/feed?a=1&amp;b=2" htmlUrl="https://example.org/" type="rss"></outline>
        </outline>
        <outline text="Tech"><outline title="C" text="C" xmlUrl="https://example.org/c.atom" htmlUrl="" type="rss"></outline></outline>
    </body>
</opml>`;
    expect(facts(text)).toEqual([
      ['A & B', 'All', 'https://example.org/feed?a=1&b=2', null],
      ['C', 'Tech', 'https://example.org/c.atom', null],
    ]);
  });

  it('FreshRSS has attributes of its own, and pages that it extracts items from', () => {
    const text = `<?xml version="1.0" encoding="UTF-8"?>
<opml xmlns:frss="https://freshrss.org/opml" version="2.0">
  <head><title>FreshRSS</title></head>
  <body>
    <outline text="Blogs">
      <outline text="A" type="rss" xmlUrl="https://example.org/a" htmlUrl="https://example.org/" description="" frss:priority="important"/>
      <outline text="B" type="HTML+XPath" xmlUrl="https://example.org/b.html" frss:xPathItem="//article"/>
    </outline>
  </body>
</opml>`;
    expect(facts(text)).toEqual([
      ['A', 'Blogs', 'https://example.org/a', null],
      ['B', 'Blogs', 'https://example.org/b.html', expect.stringContaining('not a feed')],
    ]);
  });

  it('Feedly names a feed once for each of its folders', () => {
    const feed = outline('http://example.org/feed', 'text="A" title="A" htmlUrl="https://example.org"');
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n\n<opml version="1.0">\n<head><title>Feedly</title></head><body>${heading('One', feed)}${heading('Two', feed)}</body></opml>`;
    expect(facts(text)).toEqual([
      ['A', 'One', 'http://example.org/feed', null],
      ['A', 'Two', 'http://example.org/feed', null],
    ]);
  });

  it('newsboat is flat, and contains queries and commands', () => {
    const text = `<?xml version="1.0"?>
<opml version="1.0"><head><title>newsboat - Exported Feeds</title></head>
<body><outline type="rss" xmlUrl="https://example.org/a" htmlUrl="https://example.org/" title="A"/>
<outline type="rss" xmlUrl="exec:~/bin/feed.sh" title="B"/></body></opml>`;
    expect(facts(text)).toEqual([
      ['A', null, 'https://example.org/a', null],
      ['B', null, 'exec:~/bin/feed.sh', null],
    ]);
  });
});

describe('readOpml', () => {
  it.each([
    ['feed://example.org/rss', 'https://example.org/rss'],
    ['feed:https://example.org/rss', 'https://example.org/rss'],
    ['FEED:http://example.org/rss', 'http://example.org/rss'],
    ['feed:example.org/rss', 'https://example.org/rss'],
    ['https://feed.example.org/', 'https://feed.example.org/'],
  ])('reads %s as %s', (written, url) => {
    expect(outlinesOf(opml(outline(written)))[0]?.url).toBe(url);
  });

  it('does not follow a list in a list', () => {
    const include = '<outline type="include" text="More" url="https://example.org/more.opml"/>';
    const [found] = outlinesOf(opml(heading('A', include, outline('https://example.org/1'))));
    expect(found?.unusable).toContain('lists in a list are not followed');
    expect(outlinesOf(opml(heading('A', include, outline('https://example.org/1'))))[1]?.section).toBe('A');
  });

  it('removes control characters and bidi marks from titles and sections, and keeps slashes', () => {
    const text = opml(
      heading('News/\u202eWorld\u2066', outline('https://example.org/', 'text="&#27;[31mred\u0007&#x202E;"')),
    );
    expect(outlinesOf(text)).toMatchObject([{ title: '[31mred', section: 'News/ World' }]);
  });

  it('skips headings without letters or digits', () => {
    const text = opml(heading('A', heading('★ !', outline('https://example.org/'))));
    expect(outlinesOf(text)[0]?.section).toBe('A');
  });

  it('does not use a URL that contains an entity of a DTD', () => {
    const dtd = '<!DOCTYPE opml [<!ENTITY x SYSTEM "file:///etc/passwd"><!ENTITY y "z">]>\n';
    const text = opml(
      `${outline('https://example.org/&x;', 'text="&y;"')}${outline('https://example.org/?a&amp;b')}`,
      dtd,
    );
    expect(facts(text)).toEqual([
      ['&y;', null, 'https://example.org/&x;', expect.stringContaining('entity of a DTD')],
      [null, null, 'https://example.org/?a&b', null],
    ]);
  });

  it('reads 50,000 outlines below a heading of eight megabytes in linear time', { timeout: 60_000 }, () => {
    const many = outline('https://example.org/').repeat(50_000);
    const found = outlinesOf(opml(heading('a'.repeat(8_000_000), many)));
    expect(found).toHaveLength(50_000);
    expect(found.at(-1)?.section).toBe('a'.repeat(60));
  });

  it('stops at the limits and does not read the rest', () => {
    const deep = heading('x', '').replace('</outline>', '');
    expect(readOpml(opml(deep.repeat(500_000)))).toMatchObject({
      kind: 'invalid',
      what: expect.stringContaining('64'),
    });
    expect(readOpml(opml(outline('https://example.org/').repeat(50_001)))).toMatchObject({
      kind: 'invalid',
      what: 'the file has more than 50000 outlines',
    });
  });
});
