import { describe, expect, it } from 'vitest';
import { hostOf, publisherOf } from '../../../src/domain/polling/hosts.ts';

describe('hostOf', () => {
  it.each([
    ['https://News.example.org/feed.xml', 'news.example.org'],
    ['http://example.org:8080/feed', 'example.org:8080'],
    ['file:///srv/feeds/local/welcome.xml', '/srv/feeds/local/'],
    ['not a url', ''],
  ])('returns for %s the host %s', (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});

describe('publisherOf', () => {
  it('treats a host with and without www as one publisher', () => {
    expect(publisherOf('https://www.example.org/a')).toBe(publisherOf('http://example.org:81/b'));
  });

  it('treats a subdomain as another publisher', () => {
    expect(publisherOf('https://blog.example.org/')).not.toBe(publisherOf('https://example.org/'));
  });

  it.each([[null], ['file:///srv/feeds/welcome.xml'], ['nonsense']])('returns null for %s', (url) => {
    expect(publisherOf(url)).toBeNull();
  });
});
