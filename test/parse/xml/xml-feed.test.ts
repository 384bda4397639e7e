import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { noHints, type ParsedFeed } from '../../../src/domain/items/parsed-feed.ts';
import { parseXmlFeed } from '../../../src/parse/xml/xml-feed.ts';

async function feedOf(text: string): Promise<ParsedFeed> {
  const result = await parseXmlFeed(text);
  if (result.kind !== 'parsed') throw new Error(result.detail);
  return result.feed;
}

const channel = (body: string, attributes = '') =>
  feedOf(`<rss version="2.0" ${attributes}><channel>${body}</channel></rss>`);
const atom = (body: string, attributes = '') =>
  feedOf(`<feed xmlns="http://www.w3.org/2005/Atom" ${attributes}>${body}</feed>`);

describe('the format of a feed', () => {
  const rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"';
  it.each([
    ['<rss version="2.0"/>', 'rss2'],
    ['<rss version="2.0.1"/>', 'rss2'],
    ['<rss/>', 'rss2'],
    ['<rss version="odd"/>', 'rss2'],
    ['<rss version="0.91"/>', 'rss0.9x'],
    ['<rss version="0.94"/>', 'rss0.9x'],
    ['<channel/>', 'rss2'],
    [`<rdf:RDF ${rdf} xmlns="http://purl.org/rss/1.0/"/>`, 'rss1'],
    [`<rdf:RDF ${rdf} xmlns="http://my.netscape.com/rdf/simple/0.9/"/>`, 'rss0.9x'],
    ['<feed xmlns="http://www.w3.org/2005/Atom"/>', 'atom1'],
    ['<feed/>', 'atom1'],
    ['<feed version="0.3"/>', 'atom0.3'],
    ['<feed xmlns="http://purl.org/atom/ns#"/>', 'atom0.3'],
    ['<a:feed xmlns:a="http://purl.org/atom/ns#"/>', 'atom0.3'],
    ['<entry xmlns="http://www.w3.org/2005/Atom"/>', 'atom1'],
  ])('of %s is detected as %s', async (text, format) => {
    expect((await feedOf(text)).format).toBe(format);
  });
});

describe('the metadata of a feed', () => {
  it('is empty for an empty feed', async () => {
    expect(await feedOf('<rss version="2.0"/>')).toEqual({
      format: 'rss2',
      title: null,
      link: null,
      base: null,
      language: null,
      author: null,
      imageUrl: null,
      hints: noHints,
      links: { self: null, hubs: [], next: null, prevArchive: null },
      complete: false,
      items: [],
      deleted: [],
      notes: [],
    });
  });

  it.each([
    ['<language>de</language>', 'xml:lang="en"', 'de'],
    ['<dc:language>fr</dc:language>', 'xml:lang="en"', 'fr'],
    ['', 'xml:lang="en"', 'en'],
    ['', '', null],
  ])('reads the language of %j with the attributes %j', async (body, attributes, expected) => {
    expect((await channel(body, attributes)).language).toBe(expected);
  });

  it('is found before, between and after the items', async () => {
    const feed = await channel('<title>t</title><item/><ttl>5</ttl><item/><link>https://example.org/</link>');
    expect(feed).toMatchObject({ title: { value: 't' }, hints: { ttlMinutes: 5 }, link: 'https://example.org/' });
    expect(feed.items).toHaveLength(2);
  });

  it('is not read from inside image or textInput', async () => {
    const feed = await channel(
      '<image><title>i</title><url>u</url><link>l</link></image><textInput><title>x</title><link>y</link></textInput>',
    );
    expect(feed).toMatchObject({ title: null, link: null, imageUrl: 'u' });
  });

  it.each(['x', '-5', '1e3', '9999999999', ''])('ignores the ttl "%s"', async (ttl) => {
    expect((await channel(`<ttl>${ttl}</ttl>`)).hints.ttlMinutes).toBeNull();
  });

  it('lists the hours and days to skip and omits invalid ones', async () => {
    const { hints } = await channel(
      '<skipHours><hour>0</hour><hour> 24 </hour><hour>noon</hour></skipHours><skipDays><day>Sunday</day><day/></skipDays>',
    );
    expect(hints).toEqual({ ...noHints, skipHours: [0, 24], skipDays: ['Sunday'] });
  });

  it('reports a complete feed (RFC 5005) under any prefix', async () => {
    expect((await atom('<x:complete xmlns:x="http://purl.org/syndication/history/1.0"/>')).complete).toBe(true);
    expect((await atom('<x:complete xmlns:x="urn:example"/>')).complete).toBe(false);
  });

  it('joins the xml:base of the root and of the channel', async () => {
    const feed = await feedOf(
      '<rss xml:base="https://example.org/a/"><channel xml:base="b/"><item xml:base="c/"/></channel></rss>',
    );
    expect(feed.base).toBe('https://example.org/a/b/');
    expect(feed.items[0]?.base).toEqual(['https://example.org/a/b/', 'c/']);
    expect((await feedOf('<rss xml:base="a/"><channel xml:base="b/"/></rss>')).base).toBe('b/');
  });

  it('decodes references in attributes of the root', async () => {
    expect((await atom('', 'xml:base="https://example.org/?a&amp;b"')).base).toBe('https://example.org/?a&b');
  });
});

describe('inheritance from the feed', () => {
  it('passes the author on to items in Atom but not in RSS', async () => {
    expect((await atom('<author><name>Jo</name></author><entry/>')).items[0]?.author).toBe('Jo');
    const feed = await channel('<managingEditor>Jo</managingEditor><item/>');
    expect([feed.author, feed.items[0]?.author]).toEqual(['Jo', null]);
  });
});

/** Well-formed documents that the mapping of rss-parser reads correctly. */
const wellFormed = [
  `<rss version="2.0"><channel><title>t</title><link>https://example.org/</link><description>d</description>
   ${[1, 2, 3].map((n) => `<item><title>i${n} &amp; more</title><link>https://example.org/${n}</link><guid>g${n}</guid><pubDate>d${n}</pubDate><description>&lt;p&gt;x${n}&lt;/p&gt;</description><category>c${n}</category><enclosure url="https://example.org/${n}.mp3" type="audio/mpeg" length="${n}"/></item>`).join('\n')}
   </channel></rss>`,
  `<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>t</title><link>https://example.org/</link></channel>
   ${[1, 2].map((n) => `<item rdf:about="${n}"><title>i${n}</title><link>https://example.org/${n}</link></item>`).join('\n')}</rdf:RDF>`,
  `<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><link rel="alternate" href="https://example.org/"/>
   ${[1, 2].map((n) => `<entry><title>i${n}</title><link rel="alternate" href="https://example.org/${n}"/><id>g${n}</id><author><name>a${n}</name></author><content type="html">&lt;p&gt;x&lt;/p&gt;</content></entry>`).join('\n')}</feed>`,
];

describe('parseXmlFeed compared with rss-parser', () => {
  it.each(wellFormed)('agrees on well-formed document %#', async (text) => {
    const theirs = await new Parser().parseString(text);
    const ours = await feedOf(text);

    expect(ours.title?.value).toBe(theirs.title);
    expect(ours.link).toBe(theirs.link);
    expect(ours.items.map((item) => [item.title?.value, item.link])).toEqual(
      theirs.items.map((item) => [item.title, item.link]),
    );
    expect(ours.items.map((item) => item.categories)).toEqual(theirs.items.map((item) => item.categories ?? []));
    expect(ours.items.map((item) => (item.content ?? item.summary)?.value)).toEqual(
      theirs.items.map((item) => item.content),
    );
    expect(ours.items.flatMap((item) => item.enclosures.map(({ url }) => url))).toEqual(
      theirs.items.flatMap((item) => (item.enclosure === undefined ? [] : [item.enclosure.url])),
    );
  });
});
