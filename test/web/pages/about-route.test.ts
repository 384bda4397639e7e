import { describe, expect, it } from 'vitest';
import { getPage } from '../../support/page-elements.ts';
import { makeApp } from '../../support/web/test-app.ts';

describe('the page on how to subscribe', () => {
  it('gives whole addresses for every way there is', async () => {
    const { textOf } = await getPage(makeApp(), '/about');
    expect(textOf('code')).toEqual(
      expect.arrayContaining([
        'https://news.example.com/feed.rss',
        'https://news.example.com/sections/science-nature/feed.rss',
        'wss://news.example.com/live?section=World',
        "curl -N 'https://news.example.com/events?section=World'",
        'https://news.example.com/opml.xml',
      ]),
    );
  });

  it('names the hub where there is one', async () => {
    const hubUrl = () => 'https://news.example.com/websub/hub';
    expect((await getPage(makeApp([], { hubUrl }), '/about')).textOf('h2')).toContain(
      'At once, in a feed reader (WebSub)',
    );
    expect((await getPage(makeApp(), '/about')).textOf('h2').join()).not.toContain('WebSub');
  });

  it('shows no button that only a script could serve', async () => {
    const { byClass } = await getPage(makeApp(), '/about');
    expect(byClass('copy').length).toBeGreaterThan(5);
    expect(byClass('copy').every(({ attributes }) => 'hidden' in attributes)).toBe(true);
  });
});
