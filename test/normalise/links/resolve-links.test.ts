import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  baseUrlsOf,
  canonicalUrl,
  resolveLink,
  resolveWithoutTracking,
} from '../../../src/normalise/links/resolve-links.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

/** Leaves time for a busy machine and for many runs. */
const fuzzTimeoutMs = 10_000 + 100 * fuzzRuns;

const base = 'https://example.org/news/index.html';

describe('resolveLink', () => {
  const resolved: [string, string][] = [
    ['https://example.com/a', 'https://example.com/a'],
    ['  HTTPS://Example.COM/a \n', 'https://example.com/a'],
    ['story.html', 'https://example.org/news/story.html'],
    ['/story', 'https://example.org/story'],
    ['../story', 'https://example.org/story'],
    ['?id=1', 'https://example.org/news/index.html?id=1'],
    ['//cdn.example.com/x', 'https://cdn.example.com/x'],
    ['/\\cdn.example.com/x', 'https://cdn.example.com/x'],
    ['\\\\cdn.example.com/x', 'https://cdn.example.com/x'],
    ['https://example.com/a b?c d', 'https://example.com/a%20b?c%20d'],
    ['https://bücher.example/ü', 'https://xn--bcher-kva.example/%C3%BC'],
    ['https://user:pw@example.com/', 'https://example.com/'],
    ['https://example.com@evil.example/', 'https://evil.example/'],
  ];
  it.each(resolved)('resolves %j to %s', (link, expected) => {
    expect(resolveLink(link, [base])).toBe(expected);
  });

  const refused = [
    '',
    '   ',
    'javascript:alert(1)',
    ' JaVaScRiPt:alert(1)',
    'java\nscript:alert(1)',
    'java\tscript:alert(1)',
    '\u0001javascript:alert(1)',
    'vbscript:x',
    'data:text/html,<b>x',
    'file:///etc/passwd',
    'blob:https://example.org/1',
    'view-source:https://example.org/',
    'ftp://example.org/x',
    'mailto:a@example.org',
    'urn:isbn:1',
    'https://',
    'https://[::1',
    `https://example.org/${'x'.repeat(5000)}`,
  ];
  it.each(refused)('rejects %j', (link) => {
    expect(resolveLink(link, [base])).toBeNull();
  });

  it('returns null for a relative link without a base', () => {
    expect(resolveLink('/story', [])).toBeNull();
    expect(resolveLink('https://example.org/story', [])).toBe('https://example.org/story');
  });

  it('resolves against the first usable base', () => {
    expect(resolveLink('a', ['https://one.example/x/', 'https://two.example/'])).toBe('https://one.example/x/a');
  });
});

describe('baseUrlsOf', () => {
  const url = 'https://feeds.example.org/all/rss.xml';

  it('orders xml:base, the feed link and the response URL', () => {
    const bases = baseUrlsOf({ xmlBases: ['https://base.example/x/'], feedLink: 'https://site.example/', url });
    expect(bases).toEqual(['https://base.example/x/', 'https://site.example/', url]);
  });

  it('resolves each xml:base against the one around it', () => {
    const [best] = baseUrlsOf({ xmlBases: ['/2026/', 'march/'], feedLink: 'https://site.example/', url });
    expect(best).toBe('https://feeds.example.org/2026/march/');
  });

  it('resolves a relative feed link against the response URL', () => {
    expect(baseUrlsOf({ xmlBases: [], feedLink: '/', url })).toEqual(['https://feeds.example.org/', url]);
  });

  it('ignores bases that are not http(s) URLs', () => {
    const bases = baseUrlsOf({ xmlBases: ['javascript:1'], feedLink: 'urn:x', url: 'file:///srv/feed.xml' });
    expect(bases).toEqual([]);
  });

  it('resolves the bases of a local document against the feed link', () => {
    const [best] = baseUrlsOf({ xmlBases: ['blog/'], feedLink: 'https://site.example/', url: 'file:///srv/feed.xml' });
    expect(best).toBe('https://site.example/blog/');
  });
});

describe('resolveWithoutTracking', () => {
  const stripped: [string, string][] = [
    ['https://example.org/a?utm_source=x&id=1&UTM_Medium=y', 'https://example.org/a?id=1'],
    ['https://example.org/a?fbclid=x', 'https://example.org/a'],
    ['https://example.org/a?b=2&gclid=1&a=1', 'https://example.org/a?b=2&a=1'],
    ['https://example.org/a?mc_cid=1&mc_eid=2#part', 'https://example.org/a#part'],
    ['https://example.org/a?ref=rss&source=rss2', 'https://example.org/a'],
    ['https://example.org/a#xtor=RSS-1', 'https://example.org/a'],
    ['https://example.org/a#utm_source=x&utm_medium=y', 'https://example.org/a'],
  ];
  it.each(stripped)('strips %s to %s', (url, expected) => {
    expect(resolveWithoutTracking(url, [])?.href).toBe(expected);
  });

  const kept = [
    'https://example.org/a?source=archive&ref=42',
    'https://example.org/a?automobile=1&putm_source=2',
    'https://example.org/a?q=a%20b&&x',
    'https://example.org/a?',
    'https://example.org/a#page=2',
    'https://example.org/a#!/story/1',
  ];
  it.each(kept)('leaves %s unchanged', (url) => {
    expect(resolveWithoutTracking(url, [])?.href).toBe(url);
  });

  const links: [string, string | null][] = [
    ['https://u:p@example.com/a b?utm_source=x&id=1#xtor=RSS-1', 'https://example.com/a%20b?id=1'],
    ['/a?fbclid=1', 'https://example.org/a'],
    ['../../?ref=rss#top', 'https://example.org/#top'],
    ['//cdn.example.com', 'https://cdn.example.com/'],
    ['javascript:1', null],
    ['', null],
    ['https://[::1', null],
  ];
  it.each(links)('resolves %j to %j', (link, expected) => {
    expect(resolveWithoutTracking(link, [base])?.href ?? null).toBe(expected);
  });
});

describe('canonicalUrl', () => {
  const equal: [string, string][] = [
    ['http://example.org/a', 'https://example.org/a'],
    ['https://EXAMPLE.org:443/a', 'https://example.org/a'],
    ['http://example.org:80/a', 'https://example.org/a'],
    ['https://example.org:80/a', 'http://example.org:443/a'],
    ['https://example.org/a#comments', 'https://example.org/a'],
    ['https://example.org/a?utm_campaign=x', 'https://example.org/a'],
    ['https://example.org/a?', 'https://example.org/a'],
    ['https://u:p@example.org/a', 'https://example.org/a'],
    ['https://example.org/x/../a', 'https://example.org/a'],
  ];
  it.each(equal)('maps %s and %s to one URL', (one, other) => {
    expect(canonicalUrl(one)).toBe(canonicalUrl(other));
  });

  const apart: [string, string][] = [
    ['https://example.org/a', 'https://example.org/b'],
    ['https://example.org/a?x=1&y=2', 'https://example.org/a?y=2&x=1'],
    ['https://example.org:8443/a', 'https://example.org/a'],
    ['https://www.example.org/a', 'https://example.org/a'],
    ['https://example.org/A', 'https://example.org/a'],
  ];
  it.each(apart)('maps %s and %s to different URLs', (one, other) => {
    expect(canonicalUrl(one)).not.toBe(canonicalUrl(other));
  });

  it('returns null for a URL that is not http(s)', () => {
    expect(canonicalUrl('urn:x')).toBeNull();
    expect(canonicalUrl('not a url')).toBeNull();
  });

  it(
    'changes nothing when applied again',
    () => {
      const part = fc.string({ maxLength: 12 });
      const pair = fc
        .tuple(fc.constantFrom('utm_x', 'id', 'fbclid', 'q', 'ref', ''), part)
        .map(([name, value]) => `${name}=${value}`);
      const url = fc
        .record({
          scheme: fc.constantFrom('http', 'https', 'HTTP'),
          host: fc.constantFrom(
            'example.org',
            'EXAMPLE.com',
            'bücher.example',
            '192.0.2.1',
            '[2001:db8::1]',
            'u:p@example.org',
          ),
          port: fc.constantFrom('', ':80', ':443', ':8080'),
          path: fc.array(part).map((parts) => parts.join('/')),
          query: fc.array(pair).map((pairs) => pairs.join('&')),
          hash: part,
        })
        .map(({ scheme, host, port, path, query, hash }) => `${scheme}://${host}${port}/${path}?${query}#${hash}`);
      fc.assert(
        fc.property(url, (text) => {
          const once = canonicalUrl(text);
          if (once === null) return;
          expect(canonicalUrl(once)).toBe(once);
          expect(once).toMatch(/^https:\/\/[^#]*$/);
        }),
        { numRuns: fuzzRuns },
      );
    },
    fuzzTimeoutMs,
  );
});
