import { describe, expect, it } from 'vitest';
import { enclosuresOf, itemLink, linksOf, linkTo, pageLink } from '../../../src/parse/xml/xml-links.ts';
import { Fields } from '../../../src/parse/xml/xml-nodes.ts';

const link = (attributes: Record<string, string>, text?: string) => ({
  $: attributes,
  ...(text === undefined ? {} : { _: text }),
});
const linkIn = (children: Record<string, unknown>) => {
  const fields = new Fields([children]);
  return itemLink(fields, linksOf(fields));
};

describe('linksOf', () => {
  it('returns links that have an address, with the relation short and in lower case', () => {
    const links = linksOf(
      new Fields([
        {
          link: [link({ href: 'a' }), link({ rel: 'SELF', href: 'b' }), link({ rel: 'next' }), 'https://example.org/'],
          'atom:link': [link({ rel: 'http://www.iana.org/assignments/relation/hub', href: 'c' })],
        },
      ]),
    );
    expect(links.map(({ rel, href }) => [rel, href])).toEqual([
      ['alternate', 'a'],
      ['self', 'b'],
      ['hub', 'c'],
    ]);
    expect(linkTo(links, 'hub')).toBe('c');
    expect(linkTo(links, 'next')).toBeNull();
  });

  it("resolves an address by the link's own base only when that is absolute", () => {
    const links = linksOf(
      new Fields([
        { link: [link({ 'xml:base': 'https://example.org/a/', href: 'b' }), link({ 'xml:base': 'x/', href: 'y' })] },
      ]),
    );
    expect(links.map(({ href }) => href)).toEqual(['https://example.org/a/b', 'y']);
  });
});

describe('pageLink', () => {
  const page = (children: Record<string, unknown>) => {
    const fields = new Fields([children]);
    return pageLink(fields, linksOf(fields));
  };

  it.each([
    ['the text of RSS', { link: ['https://example.org/'] }, 'https://example.org/'],
    ['the last of several texts', { link: ['a', 'b', ''] }, 'b'],
    [
      'a link of type HTML rather than another',
      { link: [link({ href: 'j', type: 'application/json' }), link({ href: 'h', type: 'text/html' })] },
      'h',
    ],
    ['a link without type', { link: [link({ href: 'j', type: 'application/json' }), link({ href: 'n' })] }, 'n'],
    ['another media type when there is no page', { link: [link({ href: 'j', type: 'application/json' })] }, 'j'],
    [
      'a link in Atom within RSS',
      { 'atom:link': [link({ rel: 'self', href: 's' }), link({ rel: 'alternate', href: 'a' })] },
      'a',
    ],
    ['no link of another relation', { link: [link({ rel: 'self', href: 's' })] }, null],
    ['no text of another relation', { link: [link({ rel: 'enclosure' }, 'e')] }, null],
    ['nothing', {}, null],
  ])('uses %s', (_, children, expected) => {
    expect(page(children)).toBe(expected);
  });
});

describe('itemLink', () => {
  it.each([
    ['its link before its guid', { link: ['a'], guid: ['https://example.org/g'] }, 'a'],
    ['a guid that is a URL', { guid: ['https://example.org/g'] }, 'https://example.org/g'],
    ['no guid that is not a permalink', { guid: [{ $: { ispermalink: 'False' }, _: 'https://example.org/g' }] }, null],
    ['no guid that is not a URL', { guid: ['n-1'] }, null],
    [
      'the last of several guids',
      { guid: ['https://example.org/1', 'https://example.org/2'] },
      'https://example.org/2',
    ],
    ['the link "self" when there is no page', { link: [link({ rel: 'self', href: 's' })] }, 's'],
    ['the URL of its content', { content: [{ $: { src: 'c' } }] }, 'c'],
    ['its url', { url: ['u'] }, 'u'],
    ['no enclosure', { link: [link({ rel: 'enclosure', href: 'e' })] }, null],
  ])('uses %s', (_, children, expected) => {
    expect(linkIn(children)).toBe(expected);
  });
});

describe('enclosuresOf', () => {
  it('gathers those of RSS, Atom and Media RSS, each address once', () => {
    const fields = new Fields([
      {
        enclosure: [{ $: { url: 'a', type: 'audio/mpeg', length: '1' } }, { $: { url: 'a' } }, 'b', {}],
        link: [link({ rel: 'enclosure', href: 'c', length: 'odd' }), link({ rel: 'alternate', href: 'x' })],
        'media:content': [{ $: { url: 'd', filesize: '2' } }, { $: { url: 'c' } }],
      },
    ]);
    expect(enclosuresOf(fields, linksOf(fields))).toEqual([
      { url: 'a', type: 'audio/mpeg', length: '1' },
      { url: 'b', type: null, length: null },
      { url: 'c', type: null, length: 'odd' },
      { url: 'd', type: null, length: '2' },
    ]);
  });
});
