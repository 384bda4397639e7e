import { describe, expect, it } from 'vitest';
import { isDoctype, MiscSkipper } from '../../../src/parse/repair/skip-misc.ts';

const endOf = (text: string) => new MiscSkipper(text).end(0);

describe('MiscSkipper', () => {
  it.each([
    ['a comment', '<!-- a -- > b -->'],
    ['a processing instruction', '<?xml version="1.0" a=">"?>'],
    ['a processing instruction without "?>"', '<?php echo 1>'],
    ['a plain DOCTYPE', '<!DOCTYPE rss>'],
    ['a public DOCTYPE', '<!doctype rss PUBLIC "a>b" \'c>d\'>'],
    ['a DOCTYPE with a subset', '<!DOCTYPE a [<!ENTITY b "]>"> <!-- ]> " --> <!ELEMENT c (d)>\n]  >'],
    ['another declaration', '<!ELEMENT a>'],
  ])('skips %s', (_, text) => {
    expect(endOf(`${text}rest`)).toBe(text.length);
  });

  it.each([
    ['text', 'abc'],
    ['an element', '<a>'],
    ['an unclosed comment', '<!-- a ->'],
    ['an unclosed processing instruction', '<? a'],
    ['an unclosed declaration', '<! a'],
  ])('returns null for %s', (_, text) => {
    expect(endOf(text)).toBeNull();
  });

  it('ends an unclosed DOCTYPE at its first ">"', () => {
    expect(endOf('<!DOCTYPE a ["> <b/>')).toBe('<!DOCTYPE a [">'.length);
  });

  it('does not search again for a mark that was not found', () => {
    const text = '<!--'.repeat(200_000);
    const skipper = new MiscSkipper(text);
    const before = performance.now();
    let found = 0;
    for (let at = 0; at < text.length; at += 4) found += skipper.end(at) ?? 0;
    expect(found).toBe(0);
    expect(performance.now() - before).toBeLessThan(2000);
  });
});

describe('isDoctype', () => {
  it('recognises DOCTYPE in any case', () => {
    expect(isDoctype('x<!DocType a>', 1)).toBe(true);
    expect(isDoctype('<!DOC a>', 0)).toBe(false);
  });
});
