import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/parse/decode.ts';
import { repairXml } from '../../../src/parse/repair/repair-xml.ts';
import { readXml } from '../../../src/parse/xml/xml-reader.ts';

/** A tree as JSON, so that what objects inherit does not matter. */
const plain = (tree: unknown): unknown => JSON.parse(JSON.stringify(tree));
const read = (xml: string): unknown => plain(readXml(xml));

interface OwnParser {
  parseString(xml: string, answer: (error: Error | null, tree: unknown) => void): void;
}

/** The tree that rss-parser's own XML parser makes, with names in lower case. */
function readSlowly(xml: string): unknown {
  const lower = [(name: string) => (name === '_' || name === '$' ? '-' : name.toLowerCase())];
  const { xmlParser } = new Parser({
    xml2js: { tagNameProcessors: lower, attrNameProcessors: lower },
  }) as unknown as { readonly xmlParser: OwnParser };
  let read: unknown;
  xmlParser.parseString(xml, (error, tree) => {
    if (error !== null) throw error;
    read = tree;
  });
  return plain(read);
}

const folder = fileURLToPath(new URL('../../fixtures/feeds/', import.meta.url));
const fixtures = readdirSync(folder).filter((name) => !name.endsWith('.json'));

describe('readXml', () => {
  it('takes an element of nothing but text for its text', () => {
    expect(read('<a>one &amp; two</a>')).toEqual({ a: 'one & two' });
    expect(read('<a/>')).toEqual({ a: '' });
    expect(read('<a>  </a>')).toEqual({ a: '  ' });
  });

  it('keeps children of one name in order, and text beside them', () => {
    expect(read('<a>t<b>1</b> <c/><b>2</b></a>')).toEqual({ a: { _: 't ', b: ['1', '2'], c: [''] } });
  });

  it('drops white space between children, but not what is marked as text', () => {
    expect(read('<a> <b/> </a>')).toEqual({ a: { b: [''] } });
    expect(read('<a><![CDATA[ ]]><b/></a>')).toEqual({ a: { _: ' ', b: [''] } });
    expect(read('<a><![CDATA[]]><b/></a>')).toEqual({ a: { b: [''] } });
  });

  it('reads attributes in lower case, their references decoded', () => {
    expect(read('<a HREF="?a=1&amp;b=2" x=""/>')).toEqual({ a: { $: { href: '?a=1&b=2', x: '' } } });
  });

  it('takes marked text as it stands, also in pieces', () => {
    expect(read('<a>&lt;<![CDATA[&lt;<b>]]>&lt;<![CDATA[>]]></a>')).toEqual({ a: '<&lt;<b><>' });
  });

  it('takes what looks like marked text in a value for a part of it', () => {
    expect(read('<a b="<![CDATA[c" d="]]>"><![CDATA[e]]></a>')).toEqual({
      a: { $: { b: '<![CDATA[c', d: ']]>' }, _: 'e' },
    });
  });

  it('takes marked text that does not end for the rest of the document', () => {
    expect(read('<a><b>1</b><c><![CDATA[d]></c></a>')).toMatchObject({ a: { b: ['1'] } });
  });

  it('decodes references by number', () => {
    expect(read('<a>&#8364;&#x20ac;&#128512;</a>')).toEqual({ a: '€€😀' });
  });

  it('takes names that objects have for names like any other', () => {
    expect(
      Object.keys((readXml('<a><__proto__>1</__proto__><constructor>2</constructor></a>') as { a: object }).a),
    ).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('takes an element named as text is named in the tree for an element', () => {
    expect(read('<a><_>u</_></a>')).toEqual({ a: { '-': ['u'] } });
  });

  it('ends what is left open at the end', () => {
    expect(read('<a><b>1')).toEqual({ a: { b: ['1'] } });
  });

  it('throws on a document without an element', () => {
    expect(() => readXml('<!-- nothing -->')).toThrow('no element');
  });

  it.each(fixtures)("makes the tree of rss-parser's own parser out of %s", (name) => {
    const mended = repairXml(decode(readFileSync(`${folder}${name}`), null).text);
    if (mended.kind === 'unreadable') return;
    expect(read(mended.xml)).toEqual(readSlowly(mended.xml));
  });

  it("makes the tree of rss-parser's own parser out of whatever was mended", () => {
    const piece = fc.constantFrom(
      ...['<item>', '</item>', '<title>', '</title>', '<a:b c="d&amp;">', '</a:b>', '<link/>', '<![CDATA[', ']]>', ' '],
      ...['&amp;', '&#38;', '&', 'x', '\n', '<', '>', '<p>', '</p>', '<Content:Encoded>', '</Content:Encoded>', '"'],
      ...[
        '<_>',
        '</_>',
        '<a b="<![CDATA[">',
        "<a b=']]>'/>",
        '<enclosure URL="u" />',
        '<guid isPermaLink=false>',
        '</guid>',
        '\u00e9',
        '<!-- c -->',
      ],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const mended = repairXml(`<rss version="2.0"><channel>${pieces.join('')}</channel></rss>`);
        if (mended.kind === 'mended') expect(read(mended.xml)).toEqual(readSlowly(mended.xml));
      }),
      { numRuns: 500 },
    );
  });
});
