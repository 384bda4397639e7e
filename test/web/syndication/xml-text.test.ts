import fc from 'fast-check';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import {
  element,
  escapeXml,
  htmlForCdata,
  plainText,
  textElement,
  toWebUrl,
  xmlSafe,
} from '../../../src/web/syndication/xml-text.ts';
import { codePoint } from '../../support/code-point.ts';

/** The text of the root element, or the error of the parser. */
function readBack(xml: string): string {
  let text = '';
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('text', (more) => {
    text += more;
  });
  parser.on('cdata', (more) => {
    text += more;
  });
  parser.write(xml).close();
  return text;
}

// XML parsers convert carriage returns to line feeds.
const anyText = fc.string({ unit: codePoint }).map((text) => text.replaceAll('\r', ' '));

describe('text in XML', () => {
  it('is parsed to the same text without the characters that XML does not allow', () => {
    fc.assert(fc.property(anyText, (text) => readBack(textElement('a', text)) === xmlSafe(text)));
  });

  it('never breaks out of an attribute', () => {
    fc.assert(fc.property(anyText, (text) => readBack(element('a', { b: text }, 'in')) === 'in'));
  });

  it('never breaks out of a CDATA section', () => {
    const html = fc.array(fc.constantFrom(']', '>', ']]>', '<', '&', 'x', '\u0000')).map((parts) => parts.join(''));
    fc.assert(fc.property(html, (text) => !readBack(`<a><![CDATA[${htmlForCdata(text)}]]></a>`).includes(']]>')));
  });

  it('keeps the characters of every script', () => {
    const text = 'Ünïcode עברית 日本 🎈 \t\n';
    expect(xmlSafe(text)).toBe(text);
    expect(escapeXml(text)).toBe(text);
  });

  it('replaces lone surrogates and drops control characters', () => {
    expect(xmlSafe('a\ud800b\u0000c\u001bd\u0085e\uffff')).toBe('a\ufffdbcde');
  });
});

describe('element', () => {
  it('omits null attributes and is empty without content', () => {
    expect(element('a', { b: 'x"<', c: null, d: 0 }, null)).toBe('<a b="x&quot;&lt;" d="0"/>');
  });
});

describe('a URL in an output feed', () => {
  it.each([
    ['https://example.org/a|b^c`d"e<f>', 'https://example.org/a%7Cb%5Ec%60d%22e%3Cf%3E'],
    ['https://example.org/?a[0]={x}', 'https://example.org/?a%5B0%5D=%7Bx%7D'],
    ['https://example.org/50%', 'https://example.org/50%25'],
    ['https://example.org/#a#b', 'https://example.org/#a%23b'],
    ['https://user:pass@example.org/a', 'https://example.org/a'],
    ['http://[2001:db8::1]:8080/a', 'http://[2001:db8::1]:8080/a'],
    ['https://example.org/é', 'https://example.org/%C3%A9'],
  ])('contains only characters of RFC 3986: %s', (text, expected) => {
    expect(toWebUrl(text)).toBe(expected);
  });

  it.each(['javascript:alert(1)', 'file:///etc/hostname', '/relative', '', 'http://['])('is never %s', (text) => {
    expect(toWebUrl(text)).toBeNull();
  });
});

describe('the plain text of HTML', () => {
  it('is on one line without markup and character references', () => {
    expect(plainText('<p>A &amp;\n<b>b</b></p><p>&lt;c&gt; &#39;d</p>')).toBe("A & b <c> 'd");
  });

  it('ends before an incomplete tag', () => {
    expect(plainText('<p>Text <a href="https://exam')).toBe('Text');
  });
});
