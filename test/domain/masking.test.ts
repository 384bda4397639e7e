import { describe, expect, it } from 'vitest';
import {
  displayUrl,
  type HiddenParts,
  isMasked,
  maskText,
  maskUrl,
  maskUrlText,
  unmaskUrl,
} from '../../src/domain/masking.ts';

function hiding(...secrets: string[]): HiddenParts {
  return { url: 'https://example.org/feed?t=***', secrets };
}

describe('masking', () => {
  it('displayUrl returns the masked URL, or the URL itself without secrets', () => {
    const url = 'https://example.org/feed?t=s3cret';
    expect(displayUrl({ url, hidden: hiding('s3cret') })).toBe('https://example.org/feed?t=***');
    expect(displayUrl({ url, hidden: null })).toBe(url);
    expect([url, 'https://example.org/feed?t=***'].map(isMasked)).toEqual([false, true]);
  });

  it.each([
    ['unencoded', 's3cret', 'https://example.org/?k=s3cret'],
    ['at every position', 's3cret', 'https://example.org/s3cret/a?k=s3cret&l=1'],
    ['encoded for a query', 'a b"c', 'https://example.org/?k=a%20b%22c'],
    ['encoded in all characters', 'a/b+c=', 'https://example.org/?k=a%2Fb%2Bc%3D'],
    ['encoded in lower case', 'a/b+c=', 'https://example.org/?k=a%2fb%2bc%3d'],
    ['encoded as in a form', 'a b', 'https://example.org/?k=a+b'],
    ['decoded when the variable contains it encoded', 'a%2Fb', 'https://example.org/?k=a/b'],
    [
      'with special characters of regular expressions',
      'a.b*(c)[d]{e}|f^$\\',
      'https://example.org/?k=a.b*(c)[d]{e}|f^$\\',
    ],
    ['that is not well-formed', '\ud800x', 'https://example.org/?k=%EF%BF%BDx'],
    ['with an invalid encoding', '100%', 'https://example.org/?k=100%'],
  ])('maskText masks a secret %s', (_, secret, text) => {
    const masked = maskText(text, hiding(secret));
    expect(masked).toContain('***');
    for (const part of [secret, encodeURIComponent(secret.toWellFormed())]) expect(masked).not.toContain(part);
  });

  it('maskText masks a secret completely if another one is its prefix', () => {
    expect(maskText('k=abcdef&l=abc', hiding('abc', 'abcdef'))).toBe('k=***&l=***');
  });

  it('maskUrlText does not change the origin', () => {
    expect(maskUrlText('https://news.example.org/news?k=news', hiding('news'))).toBe(
      'https://news.example.org/***?k=***',
    );
    expect(maskUrlText('no address: news', hiding('news'))).toBe('no address: ***');
  });

  it('unmaskUrl restores an address with the current secrets', () => {
    const masked = maskUrl('https://new.example.org/feed?t=s3cret', hiding('s3cret'));
    expect(masked).toBe('https://new.example.org/feed?t=***');
    expect(unmaskUrl(masked ?? '', hiding('s3cret'))).toBe('https://new.example.org/feed?t=s3cret');
    expect(unmaskUrl(masked ?? '', hiding('rotated'))).toBe('https://new.example.org/feed?t=rotated');
  });

  it('unmaskUrl restores several secrets in order', () => {
    const parts = hiding('one', 'two');
    expect(maskUrl('https://example.org/?a=one&b=two', parts)).toBe('https://example.org/?a=***&b=***');
    expect(unmaskUrl('https://example.org/?a=***&b=***', parts)).toBe('https://example.org/?a=one&b=two');
  });

  it.each([
    ['is in another order', 'https://example.org/?b=two&a=one', hiding('one', 'two')],
    ['is encoded in another way', 'https://example.org/?a=a%2Fb', hiding('a/b')],
    ['is beside a mask of the publisher', 'https://example.org/?a=one&b=***', hiding('one')],
  ])('maskUrl returns null if the secret %s', (_, url, parts) => {
    expect(maskUrl(url, parts)).toBeNull();
  });

  it('changes nothing without secrets', () => {
    expect(maskUrl('https://example.org/***', null)).toBe('https://example.org/***');
    expect(unmaskUrl('https://example.org/***', null)).toBe('https://example.org/***');
    expect(maskText('text', hiding(''))).toBe('text');
  });
});
