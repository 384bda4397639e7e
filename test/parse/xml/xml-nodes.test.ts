import { describe, expect, it } from 'vitest';
import {
  attributeOf,
  childrenOf,
  deepTextOf,
  Fields,
  firstText,
  hadInlineMarkup,
  textOf,
} from '../../../src/parse/xml/xml-nodes.ts';

describe('Fields', () => {
  it('groups the children of all nodes by name, in document order', () => {
    const fields = new Fields(['text', { link: ['a'] }, { link: ['b', { $: { href: 'c' } }], title: ['t'] }]);
    expect(fields.of('link')).toEqual(['a', 'b', { $: { href: 'c' } }]);
    expect(fields.has('title')).toBe(true);
    expect(fields.has('constructor')).toBe(false);
    expect(fields.of('none')).toEqual([]);
  });

  it('does not read attributes and text as elements', () => {
    const fields = new Fields([{ $: { a: 'b' }, _: 'text' }]);
    expect(fields.of('$')).toEqual([]);
    expect(fields.of('_')).toEqual([]);
  });

  it('appends the elements of Media RSS groups to those outside the groups', () => {
    const content = { $: { url: 'u' }, 'media:thumbnail': ['inner'] };
    const fields = new Fields([{ 'media:group': [{ 'media:content': [content] }], 'media:thumbnail': ['outer'] }]);
    expect(fields.of('media:content')).toEqual([content]);
    expect(fields.of('media:thumbnail')).toEqual(['outer', 'inner']);
  });

  it('returns the elements of several names, in the order of the names', () => {
    const fields = new Fields([{ b: ['1'], a: ['2', '3'] }]);
    expect(fields.ofAll(['a', 'none', 'b'])).toEqual(['2', '3', '1']);
  });

  it('ignores values that are not elements', () => {
    const odd: Record<string, unknown> = { a: [1, null, ['x'], 'y'], b: 'z', c: {} };
    const fields = new Fields([odd]);
    expect(fields.of('a')).toEqual(['y']);
    expect(fields.has('b')).toBe(false);
  });
});

describe('reading nodes', () => {
  const node = { $: { href: ' x ', empty: ' ' }, _: ' t ', child: ['a', { _: 'b', deeper: ['c'] }] };

  it('trims text', () => {
    expect([textOf(node), textOf(' s '), textOf({}), textOf(undefined)]).toEqual(['t', 's', '', '']);
  });

  it('returns attributes but no property of Object.prototype', () => {
    expect(attributeOf(node, 'href')).toBe('x');
    expect(attributeOf(node, 'empty')).toBeNull();
    expect(attributeOf(node, 'constructor')).toBeNull();
    expect(attributeOf('text', 'href')).toBeNull();
    expect(attributeOf({ $: 'odd' }, 'length')).toBeNull();
  });

  it('returns the children of a name', () => {
    expect(childrenOf(node, 'child')).toHaveLength(2);
    expect(childrenOf(node, 'other')).toEqual([]);
    expect(childrenOf('link', 'link')).toEqual([]);
  });

  it('returns all text below a node', () => {
    expect(deepTextOf(node)).toBe('t a b c');
  });

  it('recognises text that contained markup', () => {
    expect(hadInlineMarkup({ _: '<b>x</b>', 'f.markup': [''] })).toBe(true);
    expect(hadInlineMarkup(node)).toBe(false);
  });

  it('finds the first non-empty text, in the order of the names', () => {
    const fields = new Fields([{ a: ['', ' '], b: ['', 'x'], c: ['y'] }]);
    expect(firstText(fields, ['a', 'b', 'c'])).toBe('x');
    expect(firstText(fields, ['a'])).toBeNull();
  });
});
