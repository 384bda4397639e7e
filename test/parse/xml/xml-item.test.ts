import { describe, expect, it } from 'vitest';
import { feedAuthor, itemAuthor } from '../../../src/parse/xml/xml-authors.ts';
import { feedImage, itemImage } from '../../../src/parse/xml/xml-images.ts';
import { type InheritedFields, parseItem } from '../../../src/parse/xml/xml-item.ts';
import { Fields, type XmlNode } from '../../../src/parse/xml/xml-nodes.ts';
import { parsedItem } from '../../support/parsed-feed.ts';

const attributes = (values: Record<string, string>) => ({ $: values });
const noFeed: InheritedFields = { isAtom: false, base: [], author: null };
const item = (children: Record<string, unknown>, inherited = noFeed) => {
  const node: XmlNode = children;
  return parseItem({ fields: new Fields([node]), node }, inherited);
};

describe('itemAuthor', () => {
  it.each([
    ['a name', { author: [{ name: ['Jo'], email: ['jo@example.org'] }] }, 'Jo'],
    ['an e-mail address without a name', { author: [{ name: [''], email: ['jo@example.org'] }] }, 'jo@example.org'],
    ['several names', { author: [{ name: ['A'] }, { name: ['B'] }, { name: ['A'] }] }, 'A, B'],
    ['the name of the RSS form', { author: ['jo@example.org (Jo Doe)'] }, 'Jo Doe'],
    ['the name of the RFC 5322 form', { author: ['"Jo Doe" <jo@example.org>'] }, 'Jo Doe'],
    ['an e-mail address alone', { author: ['jo@example.org'] }, 'jo@example.org'],
    ['Dublin Core', { author: [''], 'dc:creator': ['A', 'B'] }, 'A, B'],
    ['iTunes', { 'itunes:author': ['Jo'] }, 'Jo'],
    ['the source of an entry', { source: [{ author: [{ name: ['Jo'] }] }] }, 'Jo'],
    [
      'a Media RSS credit for writing',
      {
        'media:credit': [
          { $: { role: 'photographer' }, _: 'X' },
          { $: { role: 'author' }, _: 'Jo' },
        ],
      },
      'Jo',
    ],
    ['no editor of the feed', { managingeditor: ['Jo'], 'dc:publisher': ['Press'] }, null],
    ['no element', {}, null],
  ])('uses %s', (_, children, expected) => {
    expect(itemAuthor(new Fields([children]))).toBe(expected);
  });

  it('takes linear time for a name made of @ signs', () => {
    expect(itemAuthor(new Fields([{ author: [`"a${' '.repeat(50_000)}@`] }]))).toHaveLength(50_003);
  });
});

describe('feedAuthor', () => {
  it('falls back to the managing editor and the web master', () => {
    const owner = { 'itunes:owner': [{ 'itunes:name': ['Owner'] }], 'dc:publisher': ['Press'] };
    expect(feedAuthor(new Fields([owner]))).toBe('Owner');
    expect(feedAuthor(new Fields([{ ...owner, managingeditor: ['ed@example.org (Ed)'] }]))).toBe('Ed');
  });
});

describe('parseItem on categories', () => {
  it('prefers text to term to label, and splits lists at commas', () => {
    const { categories } = item({
      category: ['a', attributes({ term: 'b', label: 'B' }), attributes({ label: 'C' }), '', {}],
      'dc:subject': ['d, e'],
      'media:keywords': ['f,, g '],
      tags: ['a,h'],
    });
    expect(categories).toEqual(['a', 'b', 'C', 'd, e', 'f', 'g', 'h']);
  });
});

describe('itemImage', () => {
  const picture = (children: Record<string, unknown>, enclosures = [{ url: 'e', type: 'image/png', length: null }]) =>
    itemImage(new Fields([children]), enclosures);

  it.each([
    [
      'a media picture by medium',
      { 'media:content': [attributes({ url: 'v', type: 'video/mp4' }), attributes({ url: 'm', medium: 'image' })] },
      'm',
    ],
    ['a media picture by type', { 'media:content': [attributes({ url: 'm', type: 'Image/JPEG' })] }, 'm'],
    [
      'a media picture by its name',
      { 'media:content': [attributes({ url: 'https://example.org/m.webp?x' })] },
      'https://example.org/m.webp?x',
    ],
    [
      'a thumbnail',
      { 'media:content': [attributes({ url: 'v.mp4' })], 'media:thumbnail': [attributes({ url: 't' })] },
      't',
    ],
    ['an enclosed picture', { 'itunes:image': [attributes({ href: 'i' })] }, 'e'],
  ])('uses %s', (_, children, expected) => {
    expect(picture(children)).toBe(expected);
  });

  it('prefers other images to itunes:image and image', () => {
    expect(picture({ 'itunes:image': [attributes({ href: 'i' })] }, [])).toBe('i');
    expect(picture({ image: [{ url: ['u'] }] }, [])).toBe('u');
    expect(picture({ image: ['text'] }, [])).toBe('text');
    expect(picture({}, [{ url: 'a', type: 'audio/mpeg', length: null } as never])).toBeNull();
  });
});

describe('feedImage', () => {
  it('ignores a reference without an address', () => {
    const fields = new Fields([
      { image: [attributes({ 'rdf:resource': 'r' }), { url: ['u'], title: ['t'] }], icon: ['i'] },
    ]);
    expect(feedImage(fields)).toBe('u');
    expect(feedImage(new Fields([{ logo: ['l'], icon: ['i'] }]))).toBe('l');
    expect(feedImage(new Fields([]))).toBeNull();
  });
});

describe('parseItem', () => {
  it('sets every field of an empty item', () => {
    expect(item({})).toEqual(parsedItem());
  });

  it('reads an untyped text as HTML in RSS and as plain text in Atom', () => {
    const children = { title: ['a'], summary: ['b'], content: ['c'] };
    expect(item(children).title?.type).toBe('html');
    expect(item(children, { ...noFeed, isAtom: true })).toMatchObject({
      title: { type: 'text' },
      summary: { type: 'text' },
      content: { type: 'text' },
    });
  });

  it.each([
    ['guid', { guid: ['', 'g'], id: ['i'] }, 'g'],
    ['id', { id: ['i'], 'dc:identifier': ['d'] }, 'i'],
    ['rdf:about', attributes({ 'rdf:about': 'r' }), 'r'],
  ])('identifies an item by its %s', (_, children, expected) => {
    expect(item(children).guid).toBe(expected);
  });

  it.each([
    [{ pubdate: ['p'], 'dc:date': ['d'] }, 'p', 'd'],
    [{ 'dc:date': ['d'] }, 'd', 'd'],
    [{ published: ['p'], updated: ['u'] }, 'p', 'u'],
    [{ issued: ['i'], modified: ['m'], created: ['c'] }, 'i', 'm'],
    [{ created: ['c'] }, 'c', null],
    [{ 'atom:updated': ['u'] }, null, 'u'],
    [{ 'dcterms:issued': ['i'], 'dcterms:modified': ['m'] }, 'i', 'm'],
  ])('finds the dates of %j', (children, published, updated) => {
    expect(item(children)).toMatchObject({ published, updated });
  });

  it('inherits the author of the feed only when the item has none', () => {
    const atom = { isAtom: true, base: [], author: 'Feed' };
    expect(item({}, atom).author).toBe('Feed');
    expect(item({ author: [{ name: ['Own'] }] }, atom).author).toBe('Own');
  });

  it('keeps the xml:base of content and summary apart from that of the item', () => {
    const content = [{ $: { 'xml:base': 'c/' }, _: 'x' }];
    const summary = [{ $: { 'xml:base': 's/' }, _: 'y' }];
    const own = attributes({ 'xml:base': 'i/' });
    const bases = { ...noFeed, base: ['https://example.org/'] };
    expect(item({ ...own, content, summary, link: ['1'] }, bases)).toMatchObject({
      base: ['https://example.org/', 'i/'],
      content: { value: 'x', base: 'c/' },
      summary: { value: 'y', base: 's/' },
    });
  });

  it('keeps locations and other extension elements by name', () => {
    const children = {
      'georss:where': [{ 'gml:point': [{ 'gml:pos': ['1 2'] }] }],
      'slash:comments': ['3'],
      unknown: ['x'],
    };
    expect(item(children).data).toEqual({ 'georss:where': '1 2', 'slash:comments': '3' });
  });
});
