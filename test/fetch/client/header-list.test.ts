import { describe, expect, it } from 'vitest';
import { headerList, isFieldValue, noHeaders } from '../../../src/fetch/client/header-list.ts';

describe('header list', () => {
  const headers = headerList({ etag: '"a"', link: ['<a>', '<b>'], 'x-undefined': undefined });

  it('finds one value and several, in any case', () => {
    expect(headers.first('ETag')).toBe('"a"');
    expect(headers.all('LINK')).toEqual(['<a>', '<b>']);
    expect(headers.first('link')).toBe('<a>');
  });

  it('finds nothing where nothing was sent', () => {
    expect(headers.first('expires')).toBeNull();
    expect(headers.all('x-undefined')).toEqual([]);
    expect(noHeaders.all('etag')).toEqual([]);
  });

  it('is not taken in by names that objects have', () => {
    expect(headers.first('constructor')).toBeNull();
    expect(headers.first('__proto__')).toBeNull();
  });

  it('knows what may stand in a header', () => {
    expect(['', 'a b\tc', '\xe9'].every(isFieldValue)).toBe(true);
    expect(['a\r\nb', 'a\nb', '\0', '\x7f', '\u20ac'].some(isFieldValue)).toBe(false);
  });
});
