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
    ['as it is', 's3cret', 'https://example.org/?k=s3cret'],
    ['wherever it stands, as often as it does', 's3cret', 'https://example.org/s3cret/a?k=s3cret&l=1'],
    ['encoded for a query', 'a b"c', 'https://example.org/?k=a%20b%22c'],
    ['encoded whole', 'a/b+c=', 'https://example.org/?k=a%2Fb%2Bc%3D'],
    ['encoded in lower case', 'a/b+c=', 'https://example.org/?k=a%2fb%2bc%3d'],
    ['as a form sends it', 'a b', 'https://example.org/?k=a+b'],
    ['decoded, where the environment has it encoded', 'a%2Fb', 'https://example.org/?k=a/b'],
    [
      'with signs that mean something in a pattern',
      'a.b*(c)[d]{e}|f^$\\',
      'https://example.org/?k=a.b*(c)[d]{e}|f^$\\',
    ],
    ['that is no well-formed text', '\ud800x', 'https://example.org/?k=%EF%BF%BDx'],
    ['that is badly encoded', '100%', 'https://example.org/?k=100%'],
  ])('maskText masks a secret %s', (_, secret, text) => {
    const concealed = maskText(text, hiding(secret));
    expect(concealed).toContain('***');
    for (const part of [secret, encodeURIComponent(secret.toWellFormed())]) expect(concealed).not.toContain(part);
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
    const concealed = maskUrl('https://new.example.org/feed?t=s3cret', hiding('s3cret'));
    expect(concealed).toBe('https://new.example.org/feed?t=***');
    expect(unmaskUrl(concealed ?? '', hiding('s3cret'))).toBe('https://new.example.org/feed?t=s3cret');
    expect(unmaskUrl(concealed ?? '', hiding('rotated'))).toBe('https://new.example.org/feed?t=rotated');
  });

  it('unmaskUrl restores several secrets in order', () => {
    const parts = hiding('one', 'two');
    expect(maskUrl('https://example.org/?a=one&b=two', parts)).toBe('https://example.org/?a=***&b=***');
    expect(unmaskUrl('https://example.org/?a=***&b=***', parts)).toBe('https://example.org/?a=one&b=two');
  });

  it.each([
    ['stands in another order', 'https://example.org/?b=two&a=one', hiding('one', 'two')],
    ['stands in another form', 'https://example.org/?a=a%2Fb', hiding('a/b')],
    ['stands beside a mask of the publisher', 'https://example.org/?a=one&b=***', hiding('one')],
  ])('maskUrl returns null if the secret %s', (_, url, parts) => {
    expect(maskUrl(url, parts)).toBeNull();
  });

  it('changes nothing without secrets', () => {
    expect(maskUrl('https://example.org/***', null)).toBe('https://example.org/***');
    expect(unmaskUrl('https://example.org/***', null)).toBe('https://example.org/***');
    expect(maskText('text', hiding(''))).toBe('text');
  });
});
