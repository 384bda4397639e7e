import { describe, expect, it } from 'vitest';
import { canonicalPrefix, type NamespaceScope, rootScope } from '../../../src/parse/repair/namespace-scope.ts';
import type { Dialect } from '../../../src/parse/repair/repaired-xml.ts';

const scopeOf = (dialect: Dialect, root: string, declarations: Record<string, string>) =>
  rootScope(dialect, root, new Map(Object.entries(declarations)));
const fieldIn = (scope: NamespaceScope, name: string) => scope.resolveName(name).canonical;

describe('canonicalPrefix', () => {
  it.each([
    ['http://purl.org/dc/elements/1.1/', 'dc'],
    ['https://purl.org/dc/elements/1.1', 'dc'],
    [' http://www.itunes.com/DTDs/Podcast-1.0.dtd ', 'itunes'],
    ['http://search.yahoo.com/mrss', 'media'],
    ['http://purl.org/atom/ns#', 'atom'],
    ['http://purl.org/rss/1.0/', ''],
    ['urn:example', null],
    ['', null],
  ])('recognises %s', (namespace, expected) => {
    expect(canonicalPrefix(namespace)).toBe(expected);
  });
});

describe('NamespaceScope', () => {
  it('resolves names to lower case with the canonical prefix', () => {
    const scope = scopeOf('rss', 'rss', { 'xmlns:D': 'http://purl.org/dc/elements/1.1/' });
    expect(scope.resolveName('D:Creator')).toEqual({ canonical: 'dc:creator', role: 'leaf', differs: true });
    expect(scope.resolveName('pubDate')).toEqual({ canonical: 'pubdate', role: 'leaf', differs: false });
    expect(scope.resolveName('item')).toEqual({ canonical: 'item', role: 'item', differs: false });
  });

  it('keeps prefixes that are undeclared or of an unknown namespace', () => {
    const scope = scopeOf('rss', 'rss', { 'xmlns:x': 'urn:example' });
    expect(fieldIn(scope, 'dc:creator')).toBe('dc:creator');
    expect(fieldIn(scope, 'x:title')).toBe('x:title');
  });

  it('resolves names of the dialect itself without a prefix', () => {
    const atom = 'http://www.w3.org/2005/Atom';
    expect(fieldIn(scopeOf('atom', 'a:feed', { 'xmlns:a': atom }), 'a:title')).toBe('title');
    expect(fieldIn(scopeOf('rss', 'rss', { 'xmlns:a': atom }), 'a:link')).toBe('atom:link');
    expect(fieldIn(scopeOf('rdf', 'rdf:RDF', { 'xmlns:r': 'http://purl.org/rss/1.0/' }), 'r:item')).toBe('item');
  });

  it("treats the root as the dialect's own in any namespace", () => {
    expect(fieldIn(scopeOf('rss', 'rss', { xmlns: 'http://www.w3.org/2005/Atom' }), 'title')).toBe('title');
    expect(fieldIn(scopeOf('atom', 'x:feed', { 'xmlns:x': 'urn:example' }), 'x:title')).toBe('title');
  });

  it('accepts a default namespace beside a prefixed root', () => {
    const scope = scopeOf('atom', 'a:feed', {
      'xmlns:a': 'http://www.w3.org/2005/Atom',
      xmlns: 'http://www.w3.org/1999/xhtml',
    });
    expect(fieldIn(scope, 'div')).toBe('xhtml:div');
  });

  it('lets an inner declaration shadow an outer one within its element only', () => {
    const outer = scopeOf('rss', 'rss', { 'xmlns:m': 'http://search.yahoo.com/mrss/' });
    const inner = outer.childScope(new Map([['xmlns:m', 'http://purl.org/dc/elements/1.1/']]));
    expect(fieldIn(inner, 'm:title')).toBe('dc:title');
    expect(fieldIn(outer, 'm:title')).toBe('media:title');
  });

  it('is reused for an element without declarations', () => {
    const scope = scopeOf('rss', 'rss', {});
    expect(scope.childScope(new Map([['href', 'x']]))).toBe(scope);
  });

  it('counts the distinct names that it resolved', () => {
    const scope = scopeOf('rss', 'rss', {});
    for (const name of ['a', 'b', 'a']) scope.resolveName(name);
    expect(scope.size).toBe(2);
  });
});
