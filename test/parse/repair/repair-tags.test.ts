import { describe, expect, it } from 'vitest';
import {
  areWellFormedAttributes,
  endOfEndTag,
  endOfName,
  readAttributes,
  readStartTag,
  typeAttribute,
  writeAttributes,
} from '../../../src/parse/repair/repair-tags.ts';

/** A start tag by the texts of its parts. */
function partsOf(text: string) {
  const tag = readStartTag(text, 0);
  if (tag === null) return null;
  return {
    name: tag.name,
    attributes: text.slice(tag.nameEnd, tag.attributesEnd),
    rest: text.slice(tag.end),
    selfClosing: tag.selfClosing,
    complete: tag.complete,
  };
}

describe('readStartTag', () => {
  const whole = { rest: 'rest', selfClosing: false, complete: true };
  it.each([
    ['<a>rest', { ...whole, name: 'a', attributes: '' }],
    ['<a/>rest', { ...whole, name: 'a', attributes: '', selfClosing: true }],
    ['<a b="c" />rest', { ...whole, name: 'a', attributes: ' b="c" ', selfClosing: true }],
    ['<a:b-c.d>rest', { ...whole, name: 'a:b-c.d', attributes: '' }],
    ['<é>rest', { ...whole, name: 'é', attributes: '' }],
    ['<a b="/>" c=\'>\'>rest', { ...whole, name: 'a', attributes: ' b="/>" c=\'>\'' }],
    ['<a href=http://x/>rest', { ...whole, name: 'a', attributes: ' href=http://x', selfClosing: true }],
    ["<a b=it's>rest", { ...whole, name: 'a', attributes: " b=it's" }],
    ['<a b="<i>x</i>">rest', { ...whole, name: 'a', attributes: ' b="<i>x</i>"' }],
  ])('reads %s', (text, expected) => {
    expect(partsOf(text)).toEqual(expected);
  });

  it.each(['< a>', '<3', '<', '<<', '<jo@example.org>', '<a=b>', '<a"b>', '<->', '<$>'])('reads %s as text', (text) => {
    expect(readStartTag(text, 0)).toBeNull();
  });

  it.each([
    ['another tag', '<a b <c>', '<c>'],
    ['the end', '<a b="c"', ''],
    ['a tag within an open quote', '<a b="c<d', '<d'],
  ])('ends an unfinished tag at %s', (_, text, rest) => {
    expect(partsOf(text)).toMatchObject({ name: 'a', complete: false, rest });
  });

  it('does not end a value at the quote of another tag', () => {
    expect(partsOf('<a href="x>text</a><b c="d">')).toMatchObject({
      attributes: ' href="x',
      rest: 'text</a><b c="d">',
    });
  });
});

describe('endOfName', () => {
  it('ends a name at white space, a slash, an angle bracket or the end of the text', () => {
    expect([
      endOfName('ab c', 0),
      endOfName('ab/', 0),
      endOfName('ab>', 0),
      endOfName('ab<', 0),
      endOfName('ab', 0),
    ]).toEqual([2, 2, 2, 2, 2]);
  });
});

describe('endOfEndTag', () => {
  it.each([
    ['</a>x', 4],
    ['</a  b="c">x', 11],
    ['</a <b>', 4],
    ['</a', 3],
  ])('finds the end of %s', (text, end) => {
    expect(endOfEndTag(text, 3)).toBe(end);
  });
});

describe('areWellFormedAttributes', () => {
  it.each(['', ' ', ' a="b"', ' a=\'b\' c:d = "e"\n'])('accepts "%s"', (text) => {
    expect(areWellFormedAttributes(text)).toBe(true);
  });

  it.each([' a', ' a=b', 'a="b"', ' a="b"c="d"', ' a="<"', ' a="b', ' 1="b"', ' /'])('rejects "%s"', (text) => {
    expect(areWellFormedAttributes(text)).toBe(false);
  });
});

describe('readAttributes and writeAttributes', () => {
  it.each([
    [' a=b c', ' a="b" c=""'],
    [' a="b"c=\'d\'', ' a="b" c="d"'],
    [' a="1" a="2"', ' a="1"'],
    [' a="x<y"', ' a="x&lt;y"'],
    [' a=\'say "x"\'', ' a="say &quot;x&quot;"'],
    [' a="open', ' a="open"'],
    [' 1="x" $="y" b="z"', ' b="z"'],
    [' __proto__="x" constructor="y"', ' __proto__="x" constructor="y"'],
  ])('rewrite "%s" for a strict parser', (text, expected) => {
    const written = writeAttributes(readAttributes(text));
    expect(written).toBe(expected);
    expect(areWellFormedAttributes(written)).toBe(true);
  });
});

describe('typeAttribute', () => {
  it('finds the type attribute in any case and quoting', () => {
    expect([
      typeAttribute(' a="b" TYPE = "Text/HTML"'),
      typeAttribute(' type=xhtml'),
      typeAttribute(' mytype="x"'),
    ]).toEqual(['text/html', 'xhtml', '']);
  });
});
