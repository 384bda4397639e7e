import { describe, expect, it } from 'vitest';
import { firstMarkup, markupOf } from '../../../src/parse/xml/xml-markup.ts';
import { Fields } from '../../../src/parse/xml/xml-nodes.ts';

const typed = (type: string, value: string, more: Record<string, unknown> = {}) => ({ $: { type }, _: value, ...more });
const held = { 'f.markup': [''] };

describe('markupOf', () => {
  it('takes what is not claimed for what the dialect means', () => {
    expect(markupOf('a <b>', 'html')).toEqual({ type: 'html', value: 'a <b>' });
    expect(markupOf('a <b>', 'text')).toEqual({ type: 'text', value: 'a <b>' });
  });

  it.each(['', ' \n', {}, { $: { type: 'html' } }])('finds nothing in %j', (node) => {
    expect(markupOf(node, 'html')).toBeNull();
  });

  it.each([
    ['html', 'html'],
    ['HTML', 'html'],
    ['text/html', 'html'],
    ['text', 'text'],
    ['text/plain', 'text'],
    ['plain', 'text'],
  ])('believes a claim of %s', (type, expected) => {
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
  ])('takes a claim of %s for HTML when it holds elements, and else for text', (type) => {
    expect(markupOf(typed(type, '<p>x</p>', held), 'text')?.type).toBe('html');
    expect(markupOf(typed(type, '<p>escaped</p>'), 'text')?.type).toBe('html');
    expect(markupOf(typed(type, 'a < b'), 'html')?.type).toBe('text');
  });

  it('takes the one div off XHTML, and no other', () => {
    const div = '<div xmlns="x">\n<p>a</p>\n</div>';
    expect(markupOf(typed('xhtml', div, held), 'text')?.value).toBe('<p>a</p>');
    expect(markupOf(typed('html', div, held), 'text')?.value).toBe(div);
    expect(markupOf(typed('xhtml', '<p>a</p>', held), 'text')?.value).toBe('<p>a</p>');
  });

  it('takes text with elements in it for HTML, whatever it claims', () => {
    expect(markupOf(typed('text', 'a <b>b</b>', held), 'text')).toEqual({ type: 'html', value: 'a <b>b</b>' });
  });

  it('decodes base64, by mode or by type', () => {
    const value = Buffer.from('<p>é</p>').toString('base64');
    expect(markupOf({ $: { type: 'text/html', mode: 'base64' }, _: value }, 'text')).toEqual({
      type: 'html',
      value: '<p>é</p>',
    });
    expect(markupOf({ $: { mode: 'base64' }, _: value }, 'text')).toEqual({ type: 'text', value: '<p>é</p>' });
  });

  it('has no use for pictures', () => {
    expect(markupOf(typed('image/png', 'iVBORw0KGgo='), 'html')).toBeNull();
    expect(markupOf({ $: { mode: 'base64' }, _: '' }, 'html')).toBeNull();
  });
});

describe('firstMarkup', () => {
  it('takes the first element that says something, by the order of the names', () => {
    const fields = new Fields([{ description: ['', 'x'], summary: ['y'] }]);
    expect(firstMarkup(fields, ['summary', 'description'], 'html')?.value).toBe('y');
    expect(firstMarkup(fields, ['none', 'description'], 'html')?.value).toBe('x');
    expect(firstMarkup(fields, ['none'], 'html')).toBeNull();
  });
});
