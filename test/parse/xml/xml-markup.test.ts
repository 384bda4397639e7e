import { describe, expect, it } from 'vitest';
import type { Markup } from '../../../src/domain/items/parsed-feed.ts';
import { firstMarkup } from '../../../src/parse/xml/xml-markup.ts';
import { Fields, type XmlNode } from '../../../src/parse/xml/xml-nodes.ts';

const typed = (type: string, value: string, more: Record<string, unknown> = {}) => ({ $: { type }, _: value, ...more });
const held = { 'f.markup': [''] };

function markupOf(node: XmlNode, defaultType: Markup['type']): Markup | null {
  return firstMarkup(new Fields([{ content: [node] }]), ['content'], defaultType);
}

describe('firstMarkup of one element', () => {
  it('gives a text without a type the default type of its dialect', () => {
    expect(markupOf('a <b>', 'html')).toEqual({ type: 'html', value: 'a <b>' });
    expect(markupOf('a <b>', 'text')).toEqual({ type: 'text', value: 'a <b>' });
  });

  it.each(['', ' \n', {}, { $: { type: 'html' } }])('returns null for %j', (node) => {
    expect(markupOf(node, 'html')).toBeNull();
  });

  it.each([
    ['html', 'html'],
    ['HTML', 'html'],
    ['text/html', 'html'],
    ['text', 'text'],
    ['text/plain', 'text'],
    ['plain', 'text'],
  ])('accepts the type %s', (type, expected) => {
    expect(markupOf(typed(type, '<b>x</b>'), expected === 'html' ? 'text' : 'html')).toEqual({
      type: expected,
      value: '<b>x</b>',
    });
  });

  it.each([
    'xhtml',
    'application/xhtml+xml',
    'application/xml',
    'text/xml',
  ])('reads the type %s as HTML when it contains elements, and as text otherwise', (type) => {
    expect(markupOf(typed(type, '<p>x</p>', held), 'text')?.type).toBe('html');
    expect(markupOf(typed(type, '<p>escaped</p>'), 'text')?.type).toBe('html');
    expect(markupOf(typed(type, 'a < b'), 'html')?.type).toBe('text');
  });

  it('removes the single div of XHTML and no other', () => {
    const div = '<div xmlns="x">\n<p>a</p>\n</div>';
    expect(markupOf(typed('xhtml', div, held), 'text')?.value).toBe('<p>a</p>');
    expect(markupOf(typed('html', div, held), 'text')?.value).toBe(div);
    expect(markupOf(typed('xhtml', '<p>a</p>', held), 'text')?.value).toBe('<p>a</p>');
  });

  it('reads a text that contains elements as HTML, whatever its type', () => {
    expect(markupOf(typed('text', 'a <b>b</b>', held), 'text')).toEqual({ type: 'html', value: 'a <b>b</b>' });
  });

  it('decodes base64 declared by mode or by type', () => {
    const value = Buffer.from('<p>é</p>').toString('base64');
    expect(markupOf({ $: { type: 'text/html', mode: 'base64' }, _: value }, 'text')).toEqual({
      type: 'html',
      value: '<p>é</p>',
    });
    expect(markupOf({ $: { mode: 'base64' }, _: value }, 'text')).toEqual({ type: 'text', value: '<p>é</p>' });
  });

  it('ignores base64 images', () => {
    expect(markupOf(typed('image/png', 'iVBORw0KGgo='), 'html')).toBeNull();
    expect(markupOf({ $: { mode: 'base64' }, _: '' }, 'html')).toBeNull();
  });
});

describe('firstMarkup', () => {
  it('returns the first non-empty element, in the order of the names', () => {
    const fields = new Fields([{ description: ['', 'x'], summary: ['y'] }]);
    expect(firstMarkup(fields, ['summary', 'description'], 'html')?.value).toBe('y');
    expect(firstMarkup(fields, ['none', 'description'], 'html')?.value).toBe('x');
    expect(firstMarkup(fields, ['none'], 'html')).toBeNull();
  });
});
