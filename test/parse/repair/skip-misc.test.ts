import { describe, expect, it } from 'vitest';
import { isDoctype, MiscSkipper } from '../../../src/parse/repair/skip-misc.ts';

const endOf = (text: string) => new MiscSkipper(text).end(0);

describe('MiscSkipper', () => {
  it.each([
    ['a comment', '<!-- a -- > b -->'],
    ['an instruction', '<?xml version="1.0" a=">"?>'],
    ['an instruction without its mark', '<?php echo 1>'],
    ['a plain DOCTYPE', '<!DOCTYPE rss>'],
    ['a public DOCTYPE', '<!doctype rss PUBLIC "a>b" \'c>d\'>'],
    ['a DOCTYPE with a subset', '<!DOCTYPE a [<!ENTITY b "]>"> <!-- ]> " --> <!ELEMENT c (d)>\n]  >'],
    ['another declaration', '<!ELEMENT a>'],
  ])('steps over %s', (_, text) => {
    expect(endOf(`${text}rest`)).toBe(text.length);
  });

  it.each([
    ['text', 'abc'],
    ['an element', '<a>'],
    ['a comment that never ends', '<!-- a ->'],
    ['an instruction that never ends', '<? a'],
    ['a declaration that never ends', '<! a'],
  ])('finds no end of %s', (_, text) => {
    expect(endOf(text)).toBeNull();
  });

  it('falls back to the first bracket when a DOCTYPE never ends', () => {
    expect(endOf('<!DOCTYPE a ["> <b/>')).toBe('<!DOCTYPE a [">'.length);
  });

  it('does not look again for what was not found once', () => {
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
  it('takes any case', () => {
    expect(isDoctype('x<!DocType a>', 1)).toBe(true);
    expect(isDoctype('<!DOC a>', 0)).toBe(false);
  });
});
