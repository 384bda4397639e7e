import { describe, expect, it } from 'vitest';
import { isTrackingPixel, removeTrackingPairs } from '../../../src/normalise/links/tracking.ts';

describe('removeTrackingPairs', () => {
  it.each([
    'utm_source=a',
    'UTM_SOURCE=a',
    'utm_source',
    'fbclid=1',
    'pk_campaign=x',
    'at_medium=rss',
    '_hsenc=1',
    'ref=rss',
    'from=feed2',
    'source=rss----7f60cf5620c9---4',
    'source=rss-1bd5f2a2a6c1------2',
  ])('removes %s', (pair) => {
    expect(removeTrackingPairs(`a=1&${pair}&b=2`)).toBe('a=1&b=2');
    expect(removeTrackingPairs(pair)).toBe('');
  });

  it.each([
    'utm=1',
    'ref=42',
    'source=archive',
    'source=rss-reader-of-the-year',
    'source=rss-10-tips',
    'from=2026-01-01',
    'q=utm_source',
    'id=fbclid',
    'rss=1',
    '',
  ])('leaves %j unchanged', (pair) => {
    expect(removeTrackingPairs(`a=1&${pair}&b=2`)).toBe(`a=1&${pair}&b=2`);
  });
});

describe('isTrackingPixel', () => {
  it.each([
    'https://pixel.wp.com/g.gif?x=1',
    'https://ad.doubleclick.net/p',
    'https://doubleclick.net/p',
    'http://feeds.feedburner.com/~r/x/~4/y',
    'https://vg07.met.vgwort.de/na/1',
    'https://site.example/piwik.php?id=1',
    'https://stats.site.example/matomo/matomo.php',
    'https://www.facebook.com/tr?id=1',
    'https://medium.com/_/stat?event=x',
  ])('matches %s', (url) => {
    expect(isTrackingPixel(new URL(url))).toBe(true);
  });

  it.each([
    'https://notdoubleclick.net/p',
    'https://doubleclick.net.site.example/p',
    'https://site.example/tr/photo.jpg',
    'https://site.example/doubleclick.net/p.jpg',
    'https://site.example/photos/b.gif',
  ])('does not match %s', (url) => {
    expect(isTrackingPixel(new URL(url))).toBe(false);
  });
});
