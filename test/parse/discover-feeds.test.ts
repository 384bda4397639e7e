import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { discoverFeeds } from '../../src/parse/discover-feeds.ts';
import { threadCpuMs } from '../support/cpu-time.ts';
import { fuzzRuns } from '../support/fuzz-runs.ts';

const url = 'https://example.org/news/today';

const discover = (html: string, contentType: string | null = null) =>
  discoverFeeds({ body: new TextEncoder().encode(html), contentType, url });
const urlsIn = (html: string): string[] => discover(html).feeds.map((feed) => feed.url);
const link = (attributes: string): string => `<link ${attributes}>`;

describe('discoverFeeds', () => {
  it('finds the feeds that a page declares, with format and title', () => {
    const page = discover(`<!doctype html><html><head><title>Example
      &amp; news</title>
      <link rel="alternate" type="application/rss+xml" title="Example &raquo; Feed" href="/feed.rss">
      <LINK REL='Alternate Home' TYPE='application/atom+xml; charset=utf-8' HREF=atom.xml>
      <link rel="alternate" type="application/feed+json" href="https://cdn.example.org/feed.json#top">
      </head><body>`);
    expect(page).toEqual({
      kind: 'page',
      title: 'Example & news',
      refreshTo: null,
      feeds: [
        { url: 'https://example.org/feed.rss', title: 'Example » Feed', format: 'RSS', found: 'declared' },
        { url: 'https://example.org/news/atom.xml', title: null, format: 'Atom', found: 'declared' },
        { url: 'https://cdn.example.org/feed.json', title: null, format: 'JSON', found: 'declared' },
      ],
    });
  });

  it.each([
    ['a translation', 'rel="alternate" hreflang="de" href="/de/"'],
    ['a style', 'rel="alternate stylesheet" type="application/rss+xml" href="/feed"'],
    ['an oEmbed link', 'rel="alternate" type="application/json+oembed" href="/oembed?format=json"'],
    ['a link to an API', 'rel="alternate" type="application/json" href="/wp-json/wp/v2/pages/2"'],
    ['another relation', 'rel="search" type="application/rss+xml" href="/feed"'],
    ['no address', 'rel="alternate" type="application/rss+xml"'],
    ['a script', 'rel="alternate" type="application/rss+xml" href="javascript:alert(1)"'],
    ['a file URL', 'rel="alternate" type="application/rss+xml" href="file:///etc/passwd"'],
    ['data', 'rel="alternate" type="application/rss+xml" href="data:text/xml,<rss/>"'],
    ['a very long URL', `rel="alternate" type="application/rss+xml" href="/${'a'.repeat(3000)}"`],
  ])('omits %s', (_, attributes) => {
    expect(urlsIn(link(attributes))).toEqual([]);
  });

  it.each([
    ['the obsolete relation "feed"', 'rel="service.feed" type="application/x.atom+xml" href="/feed"'],
    ['the relation of HTML drafts', 'rel="feed" href="/feed"'],
    ['a general media type and the URL of a feed', 'rel="alternate" type="application/json" href="/feed"'],
    ['no media type and the URL of a feed', 'rel="alternate" href="/feed"'],
  ])('accepts %s', (_, attributes) => {
    expect(urlsIn(link(attributes))).toEqual(['https://example.org/feed']);
  });

  it('resolves addresses against the first base element of the page', () => {
    const declared = link('rel="alternate" type="application/rss+xml" href="feed"');
    const base = '<base target=_top><base href="//www.example.com/a/"><base href="/b/">';
    expect(urlsIn(`${declared}${base}`)).toEqual(['https://www.example.com/a/feed']);
    expect(urlsIn(`<base href="javascript:x">${declared}`)).toEqual(['https://example.org/news/feed']);
  });

  it('finds visible links by their address, then by their text', () => {
    const page = discover(`
      <a href="/subscribe" title="RSS"><img src="/i.png" alt=""></a>
      <a href="/somewhere">R<b>S</b>S feed</a>
      <a href="/world/rss.xml">The <i>world</i></a>
      <a href="/about">About</a>
      <a href="feed://feeds.example.org/all">All</a> <a href="feed:https://feeds.example.org/some">Some</a>`);
    expect(page.feeds).toEqual([
      { url: 'https://example.org/world/rss.xml', title: 'The world', format: null, found: 'address' },
      { url: 'http://feeds.example.org/all', title: 'All', format: null, found: 'address' },
      { url: 'https://feeds.example.org/some', title: 'Some', format: null, found: 'address' },
      { url: 'https://example.org/subscribe', title: 'RSS', format: null, found: 'text' },
      { url: 'https://example.org/somewhere', title: 'RSS feed', format: null, found: 'text' },
    ]);
  });

  it('lists each address once, by its best evidence', () => {
    const html = `<a href="/feed#top">x</a>${link('rel=alternate type=application/rss+xml title=Feed href=/feed')}`;
    expect(discover(html).feeds).toEqual([
      { url: 'https://example.org/feed', title: 'Feed', format: 'RSS', found: 'declared' },
    ]);
  });

  it('ranks comment feeds last', () => {
    const rss = 'rel="alternate" type="application/rss+xml"';
    const html = [
      link(`${rss} title="Example &raquo; Comments Feed" href="/c"`),
      link(`${rss} href="/comments/feed/"`),
      '<a href="/rss">RSS</a>',
      link(`${rss} title="Example" href="/feed/"`),
    ].join('');
    expect(urlsIn(html).map((found) => new URL(found).pathname)).toEqual(['/feed/', '/rss', '/c', '/comments/feed/']);
  });

  it('ignores links in comments and scripts', () => {
    const declared = link('rel="alternate" type="application/rss+xml" href="/feed"');
    expect(
      urlsIn(`<!-- ${declared} --><script>var x = '${declared}';</script><textarea>${declared}</textarea>`),
    ).toEqual([]);
  });

  it('returns the target of a meta refresh', () => {
    const refresh = (content: string) => discover(`<meta http-equiv="Refresh" content="${content}">`).refreshTo;
    expect(refresh('0; url=/home')).toBe('https://example.org/home');
    expect(refresh("5;URL='https://example.com/'")).toBe('https://example.com/');
    expect(refresh('30')).toBeNull();
    expect(refresh('0; url=javascript:x')).toBeNull();
    expect(discover('<meta name="refresh" content="0; url=/x">').refreshTo).toBeNull();
  });

  it('reads the charset of a meta element unless the header names one', () => {
    const html = '<meta http-equiv=content-type content="text/html; charset=iso-8859-5"><title>\xe9</title>';
    const body = new Uint8Array(Buffer.from(html, 'latin1'));
    expect(discoverFeeds({ body, contentType: 'text/html', url }).title).toBe('щ');
    expect(discoverFeeds({ body, contentType: 'text/html; charset=iso-8859-1', url }).title).toBe('é');
  });

  it('returns titles that are safe to print on a terminal', () => {
    const declared = link('rel="alternate" type="application/rss+xml" title="a&#27;[31m&#10;b&#x202e;" href="/feed"');
    const page = discover(`<title>x\u001b]0;y\u0007</title>${declared}`);
    expect(JSON.stringify(page)).not.toMatch(/\\u001b|\\u0007|\\n|\u202e/);
  });

  it('returns at most fifty feeds in a bounded time', () => {
    const many = Array.from({ length: 5_000 }, (_, index) => `<a href="/feed/${index}">x</a>`).join('');
    expect(discover(many).feeds).toHaveLength(50);
    const spentMs = threadCpuMs(() => {
      for (const unit of [
        '<a href="',
        '<a>',
        '<',
        '<title>',
        '<meta http-equiv=refresh content="  ',
        '<base href=',
        '&',
      ]) {
        discover(unit.repeat(Math.ceil(200_000 / unit.length)));
      }
      discover(`<meta http-equiv=refresh content="${' '.repeat(200_000)}x">`);
      discover(`<a href="/${'feed.'.repeat(400)}">x</a>`.repeat(5_000));
    });
    expect(spentMs).toBeLessThan(2_000);
  });

  it('never throws and returns only http and https addresses', () => {
    const token = fc.oneof(
      fc.constantFrom(
        '<a ',
        '<link ',
        'href=',
        'rel=alternate ',
        'type="application/rss+xml" ',
        '>',
        '</a>',
        '<base ',
        '"',
      ),
      fc.constantFrom(
        'feed:',
        'http://',
        '//',
        '/feed',
        'javascript:',
        '[::1]',
        '<meta http-equiv=refresh content=',
        '0;url=',
      ),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 40 }), (tokens) => {
        const page = discover(tokens.join(''));
        for (const feed of [...page.feeds.map((found) => found.url), page.refreshTo ?? 'https://x.example/']) {
          expect(feed).toMatch(/^https?:\/\/[^#]+$/);
        }
      }),
      { numRuns: fuzzRuns },
    );
  });
});
