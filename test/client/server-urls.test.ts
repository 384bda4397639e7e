import { describe, expect, it } from 'vitest';
import { serverUrls } from '../../src/client/server-urls.ts';

describe('serverUrls', () => {
  it.each([
    ['https://news.example.org', 'wss://news.example.org/live', 'https://news.example.org/events?after=head'],
    ['https://news.example.org/', 'wss://news.example.org/live', 'https://news.example.org/events?after=head'],
    ['wss://news.example.org/live', 'wss://news.example.org/live', 'https://news.example.org/events?after=head'],
    ['ws://127.0.0.1:3000/live/', 'ws://127.0.0.1:3000/live', 'http://127.0.0.1:3000/events?after=head'],
    ['http://example.org/news/?x=1#y', 'ws://example.org/news/live', 'http://example.org/news/events?after=head'],
  ])('finds the addresses of %s', (url, live, events) => {
    const addresses = serverUrls(url, [{}]);
    expect(addresses.live).toBe(live);
    expect(addresses.events('head')).toBe(events);
  });

  it('puts the filter into the URLs', () => {
    const filter = {
      sections: ['World', 'Sport & Play'],
      sources: ['bbc'],
      categories: ['EU'],
      languages: ['en'],
      q: '"rate rise" -x',
      backfill: true,
    };
    const { events, items } = serverUrls('https://news.example.org', [filter]);
    const query = 'section=World&section=Sport+%26+Play&source=bbc&category=EU&language=en&q=%22rate+rise%22+-x';
    expect(events('e1-3')).toBe(`https://news.example.org/events?${query}&backfill=true&after=e1-3`);
    expect(items(20)).toBe(`https://news.example.org/api/items?${query}&limit=20`);
  });

  it('writes several filters as JSON, the same for the stream and for the snapshot', () => {
    const filters = [{ sections: ['World'] }, { q: 'budget', backfill: true }];
    const { events, items } = serverUrls('https://news.example.org', filters);
    const query = `filter=${encodeURIComponent('{"sections":["World"]}')}&filter=${encodeURIComponent('{"q":"budget","backfill":true}')}`;
    expect(events('e1-3')).toBe(`https://news.example.org/events?${query}&after=e1-3`);
    expect(items(20)).toBe(`https://news.example.org/api/items?${query}&limit=20`);
  });

  it('throws for an invalid URL', () => {
    expect(() => serverUrls('news', [{}])).toThrow(TypeError);
  });
});
