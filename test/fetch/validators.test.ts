import { describe, expect, it } from 'vitest';
import { noValidators } from '../../src/domain/polling/fetch-outcome.ts';
import { headerList } from '../../src/fetch/client/header-list.ts';
import { conditionalHeaders, isMalformed, readValidators, refreshValidators } from '../../src/fetch/validators.ts';
import { notesOf } from '../support/notes.ts';

const url = 'https://example.org/feed';
const readFrom = (headers: Record<string, string | string[]>) => readValidators(headerList(headers), url, 1024);

describe('stored validators', () => {
  // An etag is opaque.
  it.each(['W/"a,b \xe9"', '"a"', 'abc', '"', 'W/"a", "b"'])('keep the etag %s unchanged', (etag) => {
    const { validators, notes } = readFrom({ etag });
    expect(validators).toEqual({ etag, lastModified: null, url });
    expect(notes).toEqual([]);
    expect(conditionalHeaders(validators)).toEqual({ 'if-none-match': etag });
  });

  it('keep a Last-Modified that is not a date', () => {
    const { validators } = readFrom({ 'last-modified': 'Tue, 32 Foo 2026 99:99 GMT' });
    expect(conditionalHeaders(validators)).toEqual({ 'if-modified-since': 'Tue, 32 Foo 2026 99:99 GMT' });
  });

  it('send both fields if both are known', () => {
    expect(conditionalHeaders({ etag: '"a"', lastModified: 'x' })).toEqual({
      'if-none-match': '"a"',
      'if-modified-since': 'x',
    });
  });

  it('send nothing if none is known', () => {
    expect(conditionalHeaders(noValidators)).toEqual({});
  });

  it('H28: do not include an etag over 1 KB', () => {
    const { validators, notes } = readFrom({ etag: `"${'a'.repeat(8_192)}"`, 'last-modified': 'x' });
    expect(validators).toEqual({ etag: null, lastModified: 'x', url });
    expect(notes).toEqual(notesOf('bad_validator'));
  });

  it('H28: do not include one of two etags', () => {
    expect(readFrom({ etag: ['"a"', '"b"'] })).toEqual({
      validators: { etag: null, lastModified: null, url },
      notes: notesOf('bad_validator'),
    });
  });

  it.each(['a\r\nX-Injected: 1', 'a\nb', 'a\0b', 'a\x7fb'])('H28: never contain control characters (%j)', (etag) => {
    expect(readFrom({ etag }).notes).toEqual(notesOf('bad_validator'));
    expect(conditionalHeaders({ etag, lastModified: etag })).toEqual({});
  });

  it('ignore an empty header', () => {
    expect(readFrom({ etag: '' })).toEqual({ validators: { etag: null, lastModified: null, url }, notes: [] });
  });

  it('replace those that a 304 contains and keep the others', () => {
    const stored = { etag: '"old"', lastModified: 'old', url };
    expect(refreshValidators(stored, { etag: '"new"', lastModified: null, url })).toEqual({
      etag: '"new"',
      lastModified: 'old',
      url,
    });
  });

  it.each([
    [{ etag: '"a"', lastModified: null }, false],
    [{ etag: 'W/"a"', lastModified: 'Sun, 01 Mar 2026 12:00:00 GMT' }, false],
    [noValidators, false],
    [{ etag: 'abc', lastModified: null }, true],
    [{ etag: '"a b"', lastModified: null }, true],
    [{ etag: null, lastModified: 'Tue, 32 Foo 2026 99:99 GMT' }, true],
  ])('classify %j as malformed: %s', (validators, odd) => {
    expect(isMalformed(validators)).toBe(odd);
  });
});
