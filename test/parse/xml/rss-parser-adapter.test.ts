import { describe, expect, it } from 'vitest';
import { parseWithRssParser } from '../../../src/parse/xml/rss-parser-adapter.ts';
import { attributeOf } from '../../../src/parse/xml/xml-nodes.ts';

const rss = (body: string) => `<rss version="2.0"><channel>${body}</channel></rss>`;

describe('parseWithRssParser', () => {
  it('returns the fields of the feed and of each item, with names in lower case', async () => {
    const { feed, items } = await parseWithRssParser(
      rss('<f><Title>t</Title></f><item><f A="b"><pubDate>d</pubDate></f></item><f><ttl>1</ttl></f>'),
    );
    expect([feed.of('title'), feed.of('ttl')]).toEqual([['t'], ['1']]);
    expect(items).toHaveLength(1);
    expect(items[0]?.fields.of('pubdate')).toEqual(['d']);
    expect(attributeOf(items[0]?.node, 'a')).toBe('b');
  });

  it('reads the entries of an Atom feed', async () => {
    const { feed, items } = await parseWithRssParser(
      '<feed version="1.0"><f><link/></f><entry><f><published>never</published><link/></f></entry></feed>',
    );
    expect(feed.of('link')).toEqual(['']);
    expect(items[0]?.fields.of('published')).toEqual(['never']);
  });

  it('reads items without fields', async () => {
    const { items } = await parseWithRssParser(rss('<item><f></f></item><item><f> text </f></item>'));
    expect(items.map((item) => item.fields.has('title'))).toEqual([false, false]);
  });

  it('reads an element called "_" as an element', async () => {
    const { items } = await parseWithRssParser(rss('<item><f><_>u</_><guid>1</guid></f></item>'));
    expect(items[0]?.fields.of('guid')).toEqual(['1']);
  });

  it('reads an empty channel', async () => {
    expect((await parseWithRssParser(rss(''))).items).toEqual([]);
  });

  it('rejects a document that is not a feed', async () => {
    await expect(parseWithRssParser('<html/>')).rejects.toThrow('Feed not recognized');
  });

  it('rejects a document without an element', async () => {
    await expect(parseWithRssParser('<!-- nothing -->')).rejects.toThrow('no element');
  });
});
