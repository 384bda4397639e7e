import { describe, expect, it } from 'vitest';
import { type ListedSource, sourcesAfterRead } from '../../../src/domain/polling/remote-list.ts';

const listed = (...names: string[]): ListedSource[] =>
  names.map((name) => ({ url: `https://example.org/${name}`, title: null, section: null, missed: 0 }));

/** The names of the sources after reads of these documents, oldest first; null is an unchanged document. */
function namesAfter(...reads: (readonly string[] | null)[]): string[] {
  const sources = reads.reduce<readonly ListedSource[]>(
    (before, names) => sourcesAfterRead(before, names === null ? null : listed(...names)),
    [],
  );
  return sources.map(({ url }) => url.slice('https://example.org/'.length));
}

describe('the sources of a remote list', () => {
  it('are those of the document, in its order', () => {
    expect(namesAfter(['a', 'b'], ['c', 'b', 'a'])).toEqual(['c', 'b', 'a']);
  });

  it('include one that a single read lacks', () => {
    expect(namesAfter(['a', 'b', 'c'], ['a'])).toEqual(['a', 'b', 'c']);
  });

  it('do not include one that two reads in a row lack', () => {
    expect(namesAfter(['a', 'b'], ['a'], ['a'])).toEqual(['a']);
    expect(namesAfter(['a', 'b'], ['a'], ['a', 'c'])).toEqual(['a', 'c']);
  });

  it('include one that returns in between', () => {
    expect(namesAfter(['a', 'b'], ['a'], ['a', 'b'], ['a'])).toEqual(['a', 'b']);
  });

  it('count an unchanged document as a read that lacks what it lacked before', () => {
    expect(namesAfter(['a', 'b'], ['a'], null)).toEqual(['a']);
    expect(namesAfter(['a', 'b'], null, null)).toEqual(['a', 'b']);
  });
});
