import { describe, expect, it } from 'vitest';
import { customHeaders, defaultHeaders, userAgent } from '../../src/fetch/request-headers.ts';

describe('identity', () => {
  it('D1: names the program, its version and whom to ask', () => {
    expect(userAgent('1.2.3', 'https://example.org/about')).toBe('Newswire/1.2.3 (+https://example.org/about)');
    expect(userAgent('1.2.3', null)).toBe('Newswire/1.2.3');
  });

  it('D1: stays one well-formed comment whatever the contact address holds', () => {
    const agent = userAgent('1.2.3', 'https://exämple.org/(us)\r\nX: 1');
    expect(agent).toMatch(/^Newswire\/1\.2\.3 \(\+https:\/\/xn--exmple-cua\.org\/%28us%29[!-~]*\)$/);
    expect(userAgent('1.2.3', 'no url')).toBe('Newswire/1.2.3');
  });

  it('D2, D3: asks for feeds, in codings that can be undone', () => {
    expect(defaultHeaders('Newswire/1')).toEqual({
      'user-agent': 'Newswire/1',
      accept: expect.stringMatching(/^application\/atom\+xml, .*, \*\/\*;q=0\.1$/),
      'accept-encoding': 'gzip, br, deflate',
    });
  });

  it('keeps the headers that a source may have, by lower-case names', () => {
    expect(customHeaders({ 'X-Api-Key': 'a', Cookie: 'b=c', Accept: 'text/xml' })).toEqual({
      kept: { 'x-api-key': 'a', cookie: 'b=c', accept: 'text/xml' },
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
  ])('does not let a source set "%s"', (name) => {
    expect(customHeaders({ [name]: 'x', 'X-Kept': 'y' })).toEqual({
      kept: { 'x-kept': 'y' },
      notes: ['headers_ignored'],
    });
  });

  it.each(['a\nb', 'a\0', 'ä€'])('does not send the value %j', (value) => {
    expect(customHeaders({ 'X-Api-Key': value }).accepted).toEqual({});
  });
});
