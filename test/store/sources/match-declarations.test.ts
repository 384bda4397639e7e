import { describe, expect, it } from 'vitest';
import type { Source } from '../../../src/domain/polling/source.ts';
import { matchDeclarations, type StoredSource } from '../../../src/store/sources/match-declarations.ts';
import { aSource } from '../../support/builders.ts';

const one = 'https://example.org/one.xml';
const two = 'https://example.org/two.xml';

function stored(ref: number, id: string, url: string, over: Partial<StoredSource> = {}): StoredSource {
  return { ref, id, url, idDeclared: false, declarationHash: '', removedMs: null, ...over };
}

function declared(id: string, url: string, idDeclared = false): Source {
  return aSource(id, { url, idDeclared });
}

/** The row number that each declaration matches, by the id of the declaration. */
function found(sources: readonly Source[], rows: readonly StoredSource[]): Record<string, number | null> {
  const matches = matchDeclarations(sources, rows);
  return Object.fromEntries(sources.map((declaration) => [declaration.id, matches.get(declaration)?.ref ?? null]));
}

describe('matchDeclarations', () => {
  it('distinguishes sources whose URLs differ only in a secret', () => {
    const hiding = (id: string, secret: string): Source => ({
      ...declared(id, `${one}?t=${secret}`),
      hidden: { url: `${one}?t=***`, secrets: [secret] },
    });
    const rows = [
      stored(1, 'a', `${one}?t=***`, { declarationHash: `hash of ${one}?t=first` }),
      stored(2, 'a-2', `${one}?t=***`, { declarationHash: `hash of ${one}?t=second` }),
    ];
    expect(found([hiding('a', 'second'), hiding('a-2', 'first')], rows)).toEqual({ a: 2, 'a-2': 1 });
    expect(found([hiding('a', 'third'), hiding('a-2', 'second')], rows)).toEqual({ a: 1, 'a-2': 2 });
  });

  it('recognises a source by a URL that was stored before its secret was masked', () => {
    const hiding = { ...declared('a', `${one}?t=s`), hidden: { url: `${one}?t=***`, secrets: ['s'] } };
    const row = stored(1, 'a-t-s', `${one}?t=s`, { declarationHash: `hash of ${one}?t=s` });
    expect(found([hiding], [row])).toEqual({ a: 1 });
  });

  it('finds nothing for a new source', () => {
    expect(found([declared('a', one)], [])).toEqual({ a: null });
  });

  it('finds a source by id and URL', () => {
    expect(found([declared('a', one)], [stored(1, 'a', one)])).toEqual({ a: 1 });
  });

  it('finds a source by its URL when its derived id changes', () => {
    expect(found([declared('new', one)], [stored(1, 'old', one)])).toEqual({ new: 1 });
  });

  it('finds a source by its URL when the operator declares an id for it', () => {
    expect(found([declared('written', one, true)], [stored(1, 'old', one)])).toEqual({ written: 1 });
  });

  it('treats a changed declared id as another source', () => {
    expect(found([declared('new', one, true)], [stored(1, 'old', one, { idDeclared: true })])).toEqual({ new: null });
  });

  it('finds a source by its id when the URL changes', () => {
    expect(found([declared('a', two)], [stored(1, 'a', one)])).toEqual({ a: 1 });
  });

  it('follows the URLs of two sources that exchange derived ids', () => {
    const rows = [stored(1, 'a', one), stored(2, 'b', two)];
    expect(found([declared('a', two), declared('b', one)], rows)).toEqual({ a: 2, b: 1 });
  });

  it('prefers a declared id to the URL of another source', () => {
    const rows = [stored(1, 'a', one, { idDeclared: true }), stored(2, 'b', two)];
    expect(found([declared('a', two, true)], rows)).toEqual({ a: 1 });
  });

  it('keeps a derived id with its URL when another source declares that id', () => {
    const rows = [stored(1, 'a', one)];
    expect(found([declared('renamed', one), declared('a', two, true)], rows)).toEqual({ renamed: 1, a: null });
  });

  it('finds a removed source again', () => {
    expect(found([declared('a', one)], [stored(1, 'a', one, { removedMs: 5 })])).toEqual({ a: 1 });
  });

  it('prefers a source that is still declared to a removed one of the same URL', () => {
    const rows = [stored(1, 'x', one, { removedMs: 5 }), stored(2, 'y', one)];
    expect(found([declared('new', one)], rows)).toEqual({ new: 2 });
  });

  it('matches a stored source with one declaration only', () => {
    expect(found([declared('a', one), declared('b', one)], [stored(1, 'a', one)])).toEqual({ a: 1, b: null });
  });

  it('does not depend on the order of the declarations', () => {
    const rows = [stored(1, 'a', one), stored(2, 'b', two)];
    const sources = [declared('b', two), declared('c', one)];
    expect(found(sources, rows)).toEqual(found(sources.toReversed(), rows.toReversed()));
  });
});
