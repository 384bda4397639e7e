import { describe, expect, it } from 'vitest';
import { decodeReferences, escapeXml, ReferenceRepairer } from '../../../src/parse/repair/repair-references.ts';

/** The text with every suspect ampersand repaired. */
function repaired(text: string): string {
  const references = new ReferenceRepairer(text);
  let made = '';
  let at = 0;
  for (let next = references.nextSuspect(0); next < text.length; next = references.nextSuspect(at)) {
    const { end, text: replacement } = references.repair(next);
    made += text.slice(at, next) + replacement;
    at = end;
  }
  return made + text.slice(at);
}

describe('ReferenceRepairer', () => {
  it.each([
    '&amp;',
    '&lt;',
    '&gt;',
    '&quot;',
    '&apos;',
    '&#32;',
    '&#160;',
    '&#8217;',
    '&#54999;',
    '&#9999;',
  ])('leaves %s unchanged', (reference) => {
    expect(new ReferenceRepairer(reference).nextSuspect(0)).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['a single ampersand', 'a & b &', 'a &amp; b &amp;'],
    ['a query', '?a=1&b=2&copy=3', '?a=1&amp;b=2&amp;copy=3'],
    ['HTML element names', '&eacute;&nbsp;&hellip;&NotEqualTilde;', 'é\u00a0…≂̸'],
    ['HTML names of markup characters', '&LT;b&GT;&AMP;&QUOT;', '&lt;b&gt;&amp;&quot;'],
    ['unknown names', '&foo; &constructor; &__proto__;', '&amp;foo; &amp;constructor; &amp;__proto__;'],
    ['numbers of windows-1252', '&#146;&#x93;&#128;', '’“€'],
    ['hexadecimal numbers', '&#x1F600;&#XE9;', '😀é'],
    ['numbers without a semicolon', '&#8217 x', '’ x'],
    ['numbers that XML forbids', '&#1;&#x1F;&#65535;', ''],
    ['numbers without a character', '&#0;&#1114112;&#99999999;', '\ufffd\ufffd\ufffd'],
    ['a number that is too long', '&#999999999;', '&amp;#999999999;'],
    ['a high number', '&#128512;&#55203;', '😀힣'],
    ['both halves of a surrogate pair', '&#55357;&#56832;&#xd83d;&#xde00;', '😀😀'],
    ['one half of a surrogate pair', '&#55357;x', '\ufffdx'],
    ['an invalid number', '&#;&#x;&#xg;', '&amp;#;&amp;#x;&amp;#xg;'],
  ])('repairs %s', (_, text, expected) => {
    expect(repaired(text)).toBe(expected);
  });

  it('finds every suspect reference when searched from far after the last', () => {
    const references = new ReferenceRepairer('& &amp; & &');
    expect(references.nextSuspect(0)).toBe(0);
    expect(references.nextSuspect(0)).toBe(0);
    expect(references.nextSuspect(1)).toBe(8);
    expect(references.nextSuspect(9)).toBe(10);
    expect(references.nextSuspect(11)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('decodeReferences', () => {
  it('decodes references by the rules of HTML', () => {
    expect(decodeReferences('?a=1&amp;b=&eacute;&#39;')).toBe("?a=1&b=é'");
  });

  it('leaves text without references unchanged', () => {
    expect(decodeReferences('abc')).toBe('abc');
  });
});

describe('escapeXml', () => {
  it('makes text safe between tags and in quoted attributes', () => {
    expect(escapeXml('a < b & "c" > d')).toBe('a &lt; b &amp; &quot;c&quot; &gt; d');
  });
});
