import { describe, expect, it } from 'vitest';
import { hostOf, publisherOf } from '../../../src/domain/polling/hosts.ts';

describe('hostOf', () => {
  it.each([
    ['https://News.example.org/feed.xml', 'news.example.org'],
    ['http://example.org:8080/feed', 'example.org:8080'],
    ['file:///srv/feeds/local/welcome.xml', '/srv/feeds/local/'],
    ['not a url', ''],
  ])('asks at %s the host %s', (url, host) => {
    expect(hostOf(url)).toBe(host);
  });
});

describe('publisherOf', () => {
  it('takes a host with and without www for one publisher', () => {
    expect(publisherOf('https://www.example.org/a')).toBe(publisherOf('http://example.org:81/b'));
  });

  it('takes a subdomain for another publisher', () => {
    expect(publisherOf('https://blog.example.org/')).not.toBe(publisherOf('https://example.org/'));
  });

  it.each([[null], ['file:///srv/feeds/welcome.xml'], ['nonsense']])('finds no publisher in %s', (url) => {
    expect(publisherOf(url)).toBeNull();
  });
});
