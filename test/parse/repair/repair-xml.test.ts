import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { repairXml } from '../../../src/parse/repair/repair-xml.ts';
import type { RepairedXml } from '../../../src/parse/repair/repaired-xml.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';
import { noteOf, notesOf } from '../../support/notes.ts';

function repaired(text: string): RepairedXml {
  const result = repairXml(text);
  if (result.kind !== 'repaired') throw new Error(result.detail);
  return result;
}

/** The repaired body of a channel. */
function rss(body: string): string {
  return repaired(`<rss version="2.0"><channel>${body}</channel></rss>`).xml.slice(
    '<rss version="2.0"><channel>'.length,
    -'</channel></rss>'.length,
  );
}

/** The errors that a strict parser reports. */
function strictErrors(xml: string): string[] {
  const found: string[] = [];
  const parser = new SaxesParser({ xmlns: false });
  // The parser that reads the result accepts `]]>` in text.
  parser.on('error', (error) => error.message.includes('"]]>" is disallowed') || found.push(error.message));
  parser.write(xml).close();
  return found;
}

describe('repairXml on well-formed documents', () => {
  it('wraps the fields of the feed and of items, and changes nothing else', () => {
    expect(rss('<title>t</title><item a="b"><title>x &amp; y</title></item>\n<item/><ttl>1</ttl>')).toBe(
      '<f><title>t</title></f><item><f a="b"><title>x &amp; y</title></f></item>\n<item><f/></f></item><f><ttl>1</ttl></f>'.replace(
        '<f/></f></item>',
        '<f></f></item>',
      ),
    );
  });

  it('moves the items of RDF into the channel', () => {
    const { xml, dialect } = repaired(
      '<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel rdf:about="x"><title>t</title></channel><item/></rdf:RDF>',
    );
    expect(xml).toBe('<rss version="2.0"><channel><f><title>t</title></f><item><f></f></item></channel></rss>');
    expect(dialect).toBe('rdf');
  });

  it('writes Atom as a feed with entries', () => {
    expect(repaired('<feed xmlns="http://www.w3.org/2005/Atom"><id>1</id><entry/></feed>').xml).toBe(
      '<feed version="1.0"><f><id>1</id></f><entry><f></f></entry></feed>',
    );
  });

  it('returns the attributes of the root and of the channel with references decoded', () => {
    const { root, channel } = repaired('<rss Version="2.0" xml:base="?a&amp;b"><channel xml:lang="en"/></rss>');
    expect(root).toEqual({ version: '2.0', 'xml:base': '?a&b' });
    expect(channel).toEqual({ 'xml:lang': 'en' });
  });

  it('adds no notes', () => {
    expect(repaired('<?xml version="1.0"?><!-- c --><rss><channel><!-- d --><item/></channel></rss>\n').notes).toEqual(
      [],
    );
  });
});

describe('repairXml on text', () => {
  it.each([
    ['a bare ampersand', '<title>a & b</title>', '<title>a &amp; b</title>'],
    ['an HTML entity', '<title>&eacute;</title>', '<title>é</title>'],
    ['a stray "<"', '<title>1 < 2</title>', '<title>1 &lt; 2</title>'],
    ['a tag that runs into the next', '<title>a <b</title>', '<title>a &lt;b</title>'],
    [
      'an e-mail address in angle brackets',
      '<author><jo@example.org></author>',
      '<author>&lt;jo@example.org></author>',
    ],
    ['a comment', '<title>a<!-- -- -->b</title>', '<title>ab</title>'],
    ['a processing instruction', '<title>a<?php x?>b</title>', '<title>ab</title>'],
    ['a DOCTYPE inside an element', '<title>a<!DOCTYPE x [<!ENTITY y "z">]>b</title>', '<title>ab</title>'],
    [
      'an unclosed CDATA section',
      '<title><![CDATA[a & b</title><ttl>1</ttl>',
      '<title><![CDATA[a & b]]></title><ttl>1</ttl>',
    ],
    ['an unclosed comment', '<title>a<!-- b</title>', '<title>a&lt;!-- b</title>'],
  ])('repairs %s', (_, text, expected) => {
    expect(rss(text)).toBe(`<f>${expected}</f>`);
  });

  it('leaves CDATA unchanged, whatever it contains', () => {
    const text = '<title><![CDATA[ a & b < c </title> <item> <!-- ]] > ]]></title>';
    expect(rss(text)).toBe(`<f>${text}</f>`);
  });
});

describe('repairXml on items of another dialect than their root', () => {
  const item = '<item><f><title>x</title></f></item>';
  const entry = '<entry><f><title>x</title></f></entry>';

  it.each([
    ['RSS in a feed', '<feed><title>t</title><item><title>x</title></item></feed>', 'rss', item],
    [
      'RSS in the namespace of Atom',
      '<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><item><title>x</title></item></feed>',
      'rss',
      item,
    ],
    [
      'RSS in a channel in a feed',
      '<feed><channel><title>t</title><item><title>x</title></item></channel></feed>',
      'rss',
      item,
    ],
    [
      'Atom in a channel',
      '<rss version="2.0"><channel><title>t</title><entry><title>x</title></entry></channel></rss>',
      'atom',
      entry,
    ],
    [
      'Atom in a channel, under its prefix',
      '<rss xmlns:a="http://www.w3.org/2005/Atom"><channel><title>t</title><a:entry><title>x</title></a:entry></channel></rss>',
      'atom',
      entry,
    ],
    [
      'Atom in RDF',
      '<rdf:RDF><channel><title>t</title></channel><entry><title>x</title></entry></rdf:RDF>',
      'atom',
      entry,
    ],
  ])('reads %s', (_, text, dialect, expected) => {
    const result = repaired(text);
    expect(result.xml).toContain(`<f><title>t</title></f>${expected}</`);
    expect(result).toMatchObject({ dialect, notes: notesOf('recovered') });
    expect(strictErrors(result.xml)).toEqual([]);
  });

  it('ignores items of the other dialect beside items of its own', () => {
    const { xml, notes } = repaired('<feed><entry><id>1</id></entry><item><title>x</title></item></feed>');
    expect(xml).toContain('<entry><f><id>1</id></f></entry><f><item>');
    expect(notes).toEqual([]);
  });

  it.each([
    [
      'items before an entry',
      '<feed><item/><entry>',
      '<rss version="2.0"><channel><item><f></f></item><f><entry></entry></f>',
    ],
    ['an entry before items', '<feed><entry><item/>', '<feed version="1.0"></feed>'],
    [
      'entries in an entry',
      '<feed><entry><entry><id>1</id></entry><item>',
      '<feed version="1.0"><entry><f><id>1</id></f></entry>',
    ],
  ])('uses the dialect of the first item when the document is cut after %s', (_, text, expected) => {
    expect(repaired(text).xml).toContain(expected);
  });

  it.each([
    ['a comment', '<feed><id>1</id><!-- <item> --></feed>'],
    ['a text', '<feed><id>1</id><subtitle><![CDATA[<item>]]></subtitle></feed>'],
    ['nothing', '<feed><id>1</id></feed>'],
  ])('reads a feed as empty when items of the other dialect occur only in %s', (_, text) => {
    expect(repaired(text)).toMatchObject({ dialect: 'atom', notes: [] });
  });
});

describe('repairXml on markup within text', () => {
  const text = (markup: string) => `<f><title><f.markup/><![CDATA[${markup}]]></title></f>`;

  it.each([
    ['elements', '<title>a <b>b</b></title>', 'a <b>b</b>'],
    ['references unchanged', '<title>&amp; & &nbsp;<i>x</i></title>', '&amp; & &nbsp;<i>x</i>'],
    [
      'empty elements that HTML would not close',
      '<title><a name="x"/><br/><i/></title>',
      '<a name="x"></a><br/><i></i>',
    ],
    ['elements that are never closed', '<title><p>a<p>b<li>c</title>', '<p>a<p>b<li>c'],
    ['no end tags without a start tag', '<title><i>a</b></i></title>', '<i>a</i>'],
    ['CDATA', '<title><i>a</i><![CDATA[<b>]]></title>', '<i>a</i><b>'],
    ['no comments', '<title><i>a</i><!-- x --></title>', '<i>a</i>'],
    ['a stray "<"', '<title><i>a</i> 1 < 2</title>', '<i>a</i> 1 &lt; 2'],
    ['an unclosed unknown element as text', '<title>map<k> and <i>x</i></title>', 'map&lt;k> and <i>x</i>'],
    ['an unknown element that is closed', '<title><k>x</k></title>', '<k>x</k>'],
    ['XHTML under a prefix', '<title><xhtml:b>x</xhtml:b></title>', '<b>x</b>'],
  ])('keeps %s', (_, given, expected) => {
    expect(rss(given)).toBe(text(expected));
  });

  it('handles long lists that are never closed', () => {
    for (const piece of ['<p>x', '<li>x', '<br>x', '<img src="x">']) {
      expect(rss(`<title>${piece.repeat(1000)}</title>`)).toBe(text(piece.repeat(1000)));
    }
  });

  it('splits "]]>" into two sections', () => {
    expect(rss('<title><i>]]></i></title>')).toBe(
      '<f><title><f.markup/><![CDATA[<i>]]]]><![CDATA[></i>]]></title></f>',
    );
  });

  it('escapes CDATA in XHTML, where it is text', () => {
    const { xml } = repaired('<feed><title type="xhtml"><i>a</i><![CDATA[<b>]]></title></feed>');
    expect(xml).toContain('<![CDATA[<i>a</i>&lt;b&gt;]]>');
  });
});

describe('repairXml on elements', () => {
  it.each([
    ['unclosed leaves', '<item><link>u<guid>g</item>', '<item><f><link>u</link><guid>g</guid></f></item>'],
    [
      'unclosed text',
      '<item><title>t<pubDate>d</pubDate></item>',
      '<item><f><title>t</title><pubDate>d</pubDate></f></item>',
    ],
    ['unclosed items', '<item><guid>1</guid><item>', '<item><f><guid>1</guid></f></item><item><f></f></item>'],
    ['end tags in the wrong order', '<image><url>u</image></url>', '<f><image><url>u</url></image></f>'],
    ['an end tag in another case', '<pubDate>d</PUBDATE>', '<f><pubDate>d</pubDate></f>'],
    [
      'an end tag with white space or attributes',
      '<guid>1</guid ><ttl>2</ttl x="y">',
      '<f><guid>1</guid><ttl>2</ttl></f>',
    ],
    ['an end tag that runs into a start tag', '<guid>1</guid<ttl>2</ttl>', '<f><guid>1</guid><ttl>2</ttl></f>'],
    [
      'a prefix of the publisher',
      '<x:creator xmlns:x="http://purl.org/dc/elements/1.1/">a</x:creator>',
      '<f><dc:creator xmlns:x="http://purl.org/dc/elements/1.1/">a</dc:creator></f>',
    ],
    ['malformed attributes', "<guid a=b c d='&'>1</guid>", '<f><guid a="b" c="" d="&amp;">1</guid></f>'],
    ['an item that wraps items', '<item> <item><guid>1</guid></item></item>', '<item><f><guid>1</guid></f></item>'],
    ['an empty item within another', '<item><guid>1</guid><item/></item>', '<item><f><guid>1</guid></f></item>'],
    [
      'items within another element',
      '<items><item/></items><ttl>1</ttl>',
      '<f><items></items></f><item><f></f></item><f><ttl>1</ttl></f>',
    ],
    [
      'a channel within the channel',
      '<channel><ttl>1</ttl></channel><guid>2</guid>',
      '<f><ttl>1</ttl><guid>2</guid></f>',
    ],
  ])('repairs %s', (_, given, expected) => {
    expect(rss(given)).toBe(expected);
  });

  it('ignores everything after the root element', () => {
    expect(repaired('<rss><channel><ttl>1</ttl></channel></rss><item>&</item>').xml).toBe(
      '<rss version="2.0"><channel><f><ttl>1</ttl></f></channel></rss>',
    );
  });

  it.each([
    ['in a field of an item', '<ttl>1</ttl><item><guid>1</guid></item><item><guid>2'],
    ['in a tag', '<ttl>1</ttl><item><guid>1</guid></item><item a="'],
    ['in a CDATA section', '<ttl>1</ttl><item><guid>1</guid></item><item><title><![CDATA[x'],
    ['in markup', '<ttl>1</ttl><item><guid>1</guid></item><item><title><b>x'],
    ['in a comment', '<ttl>1</ttl><item><guid>1</guid></item><item><!-- x'],
  ])('keeps the complete items of a document that ends %s', (_, body) => {
    const { xml, notes } = repaired(`<rss><channel>${body}`);
    expect(xml).toBe(
      '<rss version="2.0"><channel><f><ttl>1</ttl></f><item><f><guid>1</guid></f></item></channel></rss>',
    );
    expect(notes).toContainEqual(noteOf('partial_parse'));
  });

  it('opens no second run of fields when the item after a field is dropped', () => {
    expect(repaired('<rss><channel><ttl>1</ttl><item><guid>').xml).toBe(
      '<rss version="2.0"><channel><f><ttl>1</ttl></f></channel></rss>',
    );
  });

  it('reads items up to the limit and notes that there are more', () => {
    const { xml, notes } = repaired(`<rss><channel>${'<item/>'.repeat(10_001)}</channel></rss>`);
    expect(xml.split('<item>')).toHaveLength(10_001);
    expect(notes).toContainEqual(noteOf('item_flood:10000'));
  });
});

describe('repairXml on documents that are not feeds', () => {
  it.each([
    ['<html lang="en"><body>', 'the document begins with <html>'],
    ['just words', 'the document is neither XML nor JSON'],
    ['<opml version="2.0"/>', 'the document begins with <opml>'],
    ['<?xml version="1.0"?><!-- x --><urlset/>', 'the document begins with <urlset/>'],
  ])('describes "%s"', (text, detail) => {
    expect(repairXml(text)).toEqual({ kind: 'unreadable', failure: 'not_feed', detail });
  });
});

/** Parts of feeds, well-formed or not, that random documents consist of. */
const pieces = [
  ...['<item>', '</item>', '<title>', '</title>', '<link>', '</link>', '<description>', '</description>', '<channel>'],
  ...[
    '</channel>',
    '</rss>',
    '<entry>',
    '<content type="xhtml">',
    '</content>',
    '<guid a=b>',
    '<b>',
    '</b>',
    '<br/>',
    '<p>',
  ],
  ...['<![CDATA[', ']]>', '<!--', '-->', '<?', '?>', '<!DOCTYPE x [', ']>', '<', '>', '&', '&amp;', '&#0;', '&eacute;'],
  ...[
    '"',
    "'",
    '=',
    '/',
    ' ',
    'x',
    'é',
    '😀',
    '\0',
    '\ud800',
    '<x y="',
    '<x:y xmlns:x="http://purl.org/dc/elements/1.1/">',
  ],
  ...[
    '</x:y>',
    '<div xmlns="http://www.w3.org/1999/xhtml">',
    '<xhtml:div/>',
    '<image/>',
    '<media:group>',
    '<_>',
    '<int>',
  ],
];
const randomMarkup = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));

describe('repairXml on arbitrary input', () => {
  it('writes XML that a strict parser accepts', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('<rss><channel>', '<feed>', '<rdf:RDF>', '<entry>', '<channel a=b>'),
        randomMarkup,
        (root, body) => {
          expect(strictErrors(repaired(root + body).xml)).toEqual([]);
        },
      ),
      { numRuns: fuzzRuns * 5 },
    );
  });

  it('writes XML that a strict parser accepts for feeds damaged at any place', () => {
    const wellFormed =
      '<rss version="2.0"><channel><title>a &amp; b</title><item><link>u</link><guid isPermaLink="false">g</guid>' +
      '<description><![CDATA[<p>x</p>]]></description></item><item><title>x <b>y</b></title></item></channel></rss>';
    const damage = fc.record({ at: fc.nat(wellFormed.length), drop: fc.nat(12), put: fc.constantFrom('', ...pieces) });
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 4 }), (damages) => {
        const text = damages.reduce(
          (made, { at, drop, put }) => made.slice(0, at) + put + made.slice(at + drop),
          wellFormed,
        );
        const result = repairXml(text);
        if (result.kind === 'repaired') expect(strictErrors(result.xml)).toEqual([]);
      }),
      { numRuns: fuzzRuns * 5 },
    );
  });

  it('changes nothing when its output is repaired again', () => {
    fc.assert(
      fc.property(randomMarkup, (body) => {
        const once = repaired(`<feed>${body}`).xml;
        const inner = once.replace(/<\/?f>/g, '').replaceAll('<f.markup/>', '');
        const twice = repaired(inner)
          .xml.replace(/<\/?f>/g, '')
          .replaceAll('<f.markup/>', '');
        expect(twice).toBe(inner);
      }),
      { numRuns: fuzzRuns },
    );
  });
});
