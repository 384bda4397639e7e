import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import Parser from 'rss-parser';
import { describe, expect, it } from 'vitest';
import { decode } from '../../../src/parse/decode.ts';
import { repairXml } from '../../../src/parse/repair/repair-xml.ts';
import { readXml } from '../../../src/parse/xml/xml-reader.ts';

/** A tree as JSON values, to compare objects with different prototypes. */
const plain = (tree: unknown): unknown => JSON.parse(JSON.stringify(tree));
const read = (xml: string): unknown => plain(readXml(xml));

interface Xml2jsParser {
  parseString(xml: string, callback: (error: Error | null, tree: unknown) => void): void;
}

/** The tree of rss-parser's own XML parser, with names in lower case. */
function readWithXml2js(xml: string): unknown {
  const lower = [(name: string) => (name === '_' || name === '$' ? '-' : name.toLowerCase())];
  const { xmlParser } = new Parser({
    xml2js: { tagNameProcessors: lower, attrNameProcessors: lower },
  }) as unknown as { readonly xmlParser: Xml2jsParser };
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
  it('represents an element that has only text by that text', () => {
    expect(read('<a>one &amp; two</a>')).toEqual({ a: 'one & two' });
    expect(read('<a/>')).toEqual({ a: '' });
    expect(read('<a>  </a>')).toEqual({ a: '  ' });
  });

  it('keeps children of one name in order, beside the text of their parent', () => {
    expect(read('<a>t<b>1</b> <c/><b>2</b></a>')).toEqual({ a: { _: 't ', b: ['1', '2'], c: [''] } });
  });

  it('drops white space between children unless it is CDATA', () => {
    expect(read('<a> <b/> </a>')).toEqual({ a: { b: [''] } });
    expect(read('<a><![CDATA[ ]]><b/></a>')).toEqual({ a: { _: ' ', b: [''] } });
    expect(read('<a><![CDATA[]]><b/></a>')).toEqual({ a: { b: [''] } });
  });

  it('reads attribute names in lower case and decodes references in values', () => {
    expect(read('<a HREF="?a=1&amp;b=2" x=""/>')).toEqual({ a: { $: { href: '?a=1&b=2', x: '' } } });
  });

  it('keeps CDATA as it is, also in several sections', () => {
    expect(read('<a>&lt;<![CDATA[&lt;<b>]]>&lt;<![CDATA[>]]></a>')).toEqual({ a: '<&lt;<b><>' });
  });

  it('reads <![CDATA[ inside an attribute value as part of the value', () => {
    expect(read('<a b="<![CDATA[c" d="]]>"><![CDATA[e]]></a>')).toEqual({
      a: { $: { b: '<![CDATA[c', d: ']]>' }, _: 'e' },
    });
  });

  it('reads an unclosed CDATA section to the end of the document', () => {
    expect(read('<a><b>1</b><c><![CDATA[d]></c></a>')).toMatchObject({ a: { b: ['1'] } });
  });

  it('decodes numeric references', () => {
    expect(read('<a>&#8364;&#x20ac;&#128512;</a>')).toEqual({ a: '€€😀' });
  });

  it('reads names such as "constructor" like any other name', () => {
    expect(
      Object.keys((readXml('<a><__proto__>1</__proto__><constructor>2</constructor></a>') as { a: object }).a),
    ).toEqual(['__proto__', 'constructor']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('reads an element called "_" as an element', () => {
    expect(read('<a><_>u</_></a>')).toEqual({ a: { '-': ['u'] } });
  });

  it('closes open elements at the end of the document', () => {
    expect(read('<a><b>1')).toEqual({ a: { b: ['1'] } });
  });

  it('throws on a document without an element', () => {
    expect(() => readXml('<!-- nothing -->')).toThrow('no element');
  });

  it.each(fixtures)("builds the same tree as rss-parser's own parser for %s", (name) => {
    const repaired = repairXml(decode(readFileSync(`${folder}${name}`), null).text);
    if (repaired.kind === 'unreadable') return;
    expect(read(repaired.xml)).toEqual(readWithXml2js(repaired.xml));
  });

  it("builds the same tree as rss-parser's own parser for any repaired document", () => {
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
        const repaired = repairXml(`<rss version="2.0"><channel>${pieces.join('')}</channel></rss>`);
        if (repaired.kind === 'repaired') expect(read(repaired.xml)).toEqual(readWithXml2js(repaired.xml));
      }),
      { numRuns: 500 },
    );
  });
});
