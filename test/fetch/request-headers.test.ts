import { describe, expect, it } from 'vitest';
import { customHeaders, defaultHeaders, userAgent } from '../../src/fetch/request-headers.ts';
import { notesOf } from '../support/notes.ts';

describe('request headers', () => {
  it('contain program, version and contact', () => {
    expect(userAgent('1.2.3', 'https://example.org/about')).toBe('Newswire/1.2.3 (+https://example.org/about)');
    expect(userAgent('1.2.3', null)).toBe('Newswire/1.2.3');
  });

  it('contain a well-formed comment for any contact URL', () => {
    const agent = userAgent('1.2.3', 'https://exämple.org/(us)\r\nX: 1');
    expect(agent).toMatch(/^Newswire\/1\.2\.3 \(\+https:\/\/xn--exmple-cua\.org\/%28us%29[!-~]*\)$/);
    expect(userAgent('1.2.3', 'no url')).toBe('Newswire/1.2.3');
  });

  it('accept feeds in supported codings', () => {
    expect(defaultHeaders('Newswire/1')).toEqual({
      'user-agent': 'Newswire/1',
      accept: expect.stringMatching(/^application\/atom\+xml, .*, \*\/\*;q=0\.1$/),
      'accept-encoding': 'gzip, br, deflate',
    });
  });

  it('include allowed declared headers with lower-case names', () => {
    expect(customHeaders({ 'X-Api-Key': 'a', Cookie: 'b=c', Accept: 'text/xml' })).toEqual({
      accepted: { 'x-api-key': 'a', cookie: 'b=c', accept: 'text/xml' },
      notes: [],
    });
  });

  it.each([
    'Host',
    'connection',
    'Content-Length',
    'If-Modified-Since',
    'if-match',
    'Proxy-Authorization',
    'TE',
    'Bad Name',
    '',
  ])('exclude the declared header "%s"', (name) => {
    expect(customHeaders({ [name]: 'x', 'X-Kept': 'y' })).toEqual({
      accepted: { 'x-kept': 'y' },
      notes: notesOf('headers_ignored'),
    });
  });

  it.each(['a\nb', 'a\0', 'ä€'])('exclude the value %j', (value) => {
    expect(customHeaders({ 'X-Api-Key': value }).accepted).toEqual({});
  });
});
