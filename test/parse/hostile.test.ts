import { describe, expect, it } from 'vitest';
import { parseFeed } from '../../src/parse/parse-feed.ts';
import { startCpuTimer } from '../support/cpu-time.ts';
import { notesOf } from '../support/notes.ts';

const size = 100_000;
const fill = (piece: string, length = size) => piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
const rss = (body: string) => `<?xml version="1.0"?><rss version="2.0"><channel>${body}</channel></rss>`;
const item = (body: string) => rss(`<item><guid>1</guid>${body}</item>`);
const numbered = (count: number, piece: (index: number) => string) =>
  Array.from({ length: count }, (_, n) => piece(n)).join('');

/** Result and CPU time of one document. The limits are ten times what a slow core needs, so that the tests are not flaky. */
async function parseTimed(text: string) {
  const body = new Uint8Array(Buffer.from(text));
  const spentMs = startCpuTimer();
  const result = await parseFeed({ body, contentType: null });
  return { result, cpuMs: spentMs() };
}

describe('parseFeed against oversized documents', () => {
  it.each([
    ['100,000 nested elements', rss('<a>'.repeat(size) + '</a>'.repeat(size)), 'elements are nested deeper than 256'],
    [
      '100,000 elements nested in a text',
      item(`<description>${'<b>'.repeat(size)}`),
      'elements are nested deeper than 256',
    ],
    ['2 MB of attributes', rss(`<a ${numbered(240_000, (n) => `a${n}="" `)}/>`), 'a tag is too long'],
    ['2 MB of one attribute', rss(`<a ${fill('a="" ', 2_200_000)}/>`), 'a tag is too long'],
    ['a name of 2 MB', rss(`<${fill('a', 2_200_000)}/>`), 'a tag is too long'],
    ['a name of 2 KB', rss(`<${fill('a', 2_000)}/>`), 'a tag is too long'],
    ['an attribute of 2 MB', rss(`<a b="${fill('x', 2_200_000)}"/>`), 'a tag is too long'],
    ['more than 500,000 elements', rss('<a/>'.repeat(500_001)), 'more than 500000 elements'],
    ['more than a million ampersands', item(`<title>${fill('& ', 2_010_000)}</title>`), 'more than 1000000 repairs'],
    ['more than a million brackets', item(`<title>${fill('< ', 2_010_000)}</title>`), 'more than 1000000 repairs'],
    ['more than 10,000 names', rss(numbered(10_100, (n) => `<n${n}/>`)), 'more than 10000 different names'],
  ])('rejects %s', async (_, text, detail) => {
    const { result, cpuMs } = await parseTimed(text);
    expect(result).toEqual({ kind: 'unreadable', failure: 'parse_limit', detail });
    expect(cpuMs).toBeLessThan(5000);
  });

  it('reads at most 10,000 items', async () => {
    const { result } = await parseTimed(rss(numbered(10_010, (n) => `<item><guid>${n}</guid></item>`)));
    expect(result).toMatchObject({ kind: 'parsed', feed: { notes: notesOf('item_flood:10000') } });
    expect(result.kind === 'parsed' && result.feed.items.at(-1)?.guid).toBe('9999');
  });

  it('reads a text of 5 MB', async () => {
    const { result } = await parseTimed(item(`<description>${fill('x', 5_000_000)}</description>`));
    expect(result.kind === 'parsed' && result.feed.items[0]?.summary?.value).toHaveLength(5_000_000);
  });

  it('reads 8 MB of adjacent CDATA sections', async () => {
    const { result, cpuMs } = await parseTimed(item(`<description>${'<![CDATA[x]]>'.repeat(600_000)}</description>`));
    expect(result.kind === 'parsed' && result.feed.items[0]?.summary?.value).toHaveLength(600_000);
    expect(cpuMs).toBeLessThan(5000);
  });
});

describe('parseFeed against document type declarations', () => {
  const laughs = numbered(20, (n) => `<!ENTITY a${n + 1} "${`&a${n};`.repeat(10)}">`);

  it('expands no entity and opens no external one', async () => {
    const dtd = `<!DOCTYPE rss [<!ENTITY a0 "ha">${laughs}<!ENTITY x SYSTEM "file:///etc/hostname">]>`;
    const { result, cpuMs } = await parseTimed(dtd + item('<title>&a20;&x;</title>'));
    expect(result).toMatchObject({
      kind: 'parsed',
      feed: { notes: notesOf('dtd_dropped', 'recovered'), items: [{ title: { value: '&a20;&x;' } }] },
    });
    expect(cpuMs).toBeLessThan(500);
  });

  it.each([
    ['5,000 declarations', '<!DOCTYPE a [<!ENTITY b "c">]>'.repeat(5_000) + item('')],
    ['unclosed declarations', fill('<!DOCTYPE a ["') + item('')],
    ['unclosed declarations inside the root', rss(fill('<!DOCTYPE a ["'))],
    ['unclosed subsets', rss(fill('<!DOCTYPE a [>'))],
    ['unclosed unknown declarations', rss(fill('<!a ['))],
  ])('takes a bounded time over %s', async (_, text) => {
    expect((await parseTimed(text)).cpuMs).toBeLessThan(2000);
  });
});

/** Documents that take minutes if any step is quadratic in them. */
const hostile: Record<string, string> = {
  'unclosed comments': rss(fill('<!--')),
  'comments full of dashes': rss(fill('<!-- - -->')),
  'unclosed CDATA sections': item(`<description>${fill('<![CDATA[')}`),
  'empty CDATA sections': item(`<description>${fill('<![CDATA[]]>')}</description>`),
  'unclosed processing instructions': rss(fill('<?')),
  'processing instructions without "?>"': rss(fill('<?a>')),
  'angle brackets': item(`<description>${fill('<')}`),
  ampersands: item(`<description>${fill('&')}`),
  'long references': item(`<description>${fill(`&${'x'.repeat(40)}`)}`),
  'unknown references': item(`<description>${numbered(10_000, (n) => `&a${n};`)}</description>`),
  'unfinished tags': item(fill('<a ')),
  'open quotes': item(fill('<a b="')),
  'open quotes of both kinds': item(fill(`<a b='"`)),
  'open quotes in one tag': item(`<a ${fill('b="')}`),
  'equals signs': item(`<a ${fill('=')}`),
  'white space in a tag': item(`<a b${' '.repeat(size)}="x"${' '.repeat(size)}!/>`),
  'white space around attribute names': item(`<a${fill(' b  ')}<`),
  'white space in a text': item(`<title>${' '.repeat(size)}</title>`),
  'end tags without a start tag': item(fill('</a>')),
  'unclosed end tags': item(fill('</a ')),
  'end tags of outer elements': item('<b>'.repeat(200) + fill('<c></b>')),
  'items in items': rss(fill('<item>')),
  'items in open titles': item(fill('<item><title>')),
  'open links': item(fill('<link>')),
  'open descriptions': item(fill('<description><b>')),
  channels: rss(fill('<channel></channel>')),
  'tags in a text, escaped': item(`<description>${fill('&lt;p')}</description>`),
  'tags in a CDATA section': item(`<description><![CDATA[${fill('<p')}]]></description>`),
  'angle brackets in a CDATA section': item(`<description><![CDATA[${fill('<')}]]></description>`),
  'empty XHTML elements': `<feed><entry><content type="xhtml"><div>${fill('<div/>')}</div></content></entry></feed>`,
  'an unclosed div': `<feed><entry><content type="xhtml"><div${fill(' ')}x</content></entry></feed>`,
  'prefix declarations': `<rss ${numbered(5_000, (n) => `xmlns:p${n}="u${n}" `)}><channel>${'<a xmlns:x="y"/>'.repeat(5_000)}`,
  'nested prefix declarations': rss('<a xmlns:b="c">'.repeat(250) + fill('<q:x/>')),
  'one author': item(`<author>${fill('a@b ')}</author>`),
  keywords: item(`<itunes:keywords>${fill('a,')}</itunes:keywords>`),
  enclosures: item(numbered(3_000, (n) => `<enclosure url="http://a.example/${n}"/>`)),
  'control characters': item(`<title>${fill('\x01a')}</title>`),
  junk: fill('junk '),
  'junk tags': fill('<x '),
  'nested lists in JSON': `{"version":"https://jsonfeed.org/version/1","items":${'['.repeat(size)}${']'.repeat(size)}}`,
  'unclosed objects in JSON': '{"a":'.repeat(20_000),
  'an unclosed string in JSON': `{"items":[{"id":"${fill('\\"')}`,
};

describe('parseFeed against 100 KB of hostile markup', () => {
  it.each(Object.entries(hostile))('takes a bounded time over %s', async (_, text) => {
    const { result, cpuMs } = await parseTimed(text);
    expect(['parsed', 'unreadable']).toContain(result.kind);
    expect(cpuMs).toBeLessThan(2000);
  });

  it('leaves Object.prototype unchanged', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});
