import { describe, expect, it } from 'vitest';
import { headerList, isFieldValue, noHeaders } from '../../../src/fetch/client/header-list.ts';

describe('headerList', () => {
  const headers = headerList({ etag: '"a"', link: ['<a>', '<b>'], 'x-undefined': undefined });

  it('returns one value and several, ignoring case', () => {
    expect(headers.first('ETag')).toBe('"a"');
    expect(headers.all('LINK')).toEqual(['<a>', '<b>']);
    expect(headers.first('link')).toBe('<a>');
  });

  it('returns nothing for an absent header', () => {
    expect(headers.first('expires')).toBeNull();
    expect(headers.all('x-undefined')).toEqual([]);
    expect(noHeaders.all('etag')).toEqual([]);
  });

  it('is not confused by names of object properties', () => {
    expect(headers.first('constructor')).toBeNull();
    expect(headers.first('__proto__')).toBeNull();
  });

  it('isFieldValue recognises valid field values', () => {
    expect(['', 'a b\tc', '\xe9'].every(isFieldValue)).toBe(true);
    expect(['a\r\nb', 'a\nb', '\0', '\x7f', '\u20ac'].some(isFieldValue)).toBe(false);
  });
});
