import { describe, expect, it } from 'vitest';
import {
  closesItsKind,
  impliesEndTag,
  isHtmlName,
  isVoidElement,
  roleOf,
} from '../../../src/parse/repair/element-roles.ts';

describe('roleOf', () => {
  it('recognises an item by its dialect', () => {
    expect([roleOf('item', 'rss'), roleOf('item', 'rdf'), roleOf('item', 'atom')]).toEqual(['item', 'item', 'other']);
    expect([roleOf('entry', 'atom'), roleOf('entry', 'rss')]).toEqual(['item', 'other']);
  });

  it('recognises a channel in every dialect, since entries may be in one', () => {
    expect([roleOf('channel', 'rss'), roleOf('channel', 'rdf'), roleOf('channel', 'atom')]).toEqual(
      Array(3).fill('channel'),
    );
  });

  it.each([
    ['title', 'text'],
    ['content:encoded', 'text'],
    ['xhtml:body', 'text'],
    ['media:description', 'text'],
    ['link', 'leaf'],
    ['dc:date', 'leaf'],
    ['author', 'other'],
    ['media:group', 'other'],
    ['x:title', 'other'],
  ])('gives %s the role %s', (field, role) => {
    expect(roleOf(field, 'rss')).toBe(role);
  });
});

describe('impliesEndTag', () => {
  it('lets any field end an open leaf', () => {
    expect(impliesEndTag('leaf', 'title', false)).toBe(true);
    expect(impliesEndTag('leaf', 'guid', true)).toBe(true);
    expect(impliesEndTag('leaf', 'b', false)).toBe(false);
  });

  it('lets only a field that is not an HTML element end an open text', () => {
    expect(impliesEndTag('text', 'pubdate', false)).toBe(true);
    expect(impliesEndTag('text', 'title', false)).toBe(false);
    expect(impliesEndTag('text', 'source', false)).toBe(false);
  });

  it('distinguishes the link of RSS from that of HTML by its attributes', () => {
    expect(impliesEndTag('text', 'link', false)).toBe(true);
    expect(impliesEndTag('text', 'link', true)).toBe(false);
  });

  it('ends no other element', () => {
    expect(impliesEndTag('other', 'guid', false)).toBe(false);
    expect(impliesEndTag('item', 'guid', false)).toBe(false);
  });
});

describe('HTML element names', () => {
  it('are recognised in any case, as are custom element names', () => {
    expect(['B', 'h1', 'my-part', 'o:p', 'svg'].map(isHtmlName)).toEqual([true, true, true, true, true]);
    expect(['int', 'T', 'stdio.h'].map(isHtmlName)).toEqual([false, false, false]);
  });

  it('identify void elements and elements that close their own kind', () => {
    expect(['br', 'IMG', 'a', 'script'].map(isVoidElement)).toEqual([true, true, false, false]);
    expect(['p', 'LI', 'div', 'b'].map(closesItsKind)).toEqual([true, true, false, false]);
  });
});
