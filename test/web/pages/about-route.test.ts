import { describe, expect, it } from 'vitest';
import { getPage } from '../../support/page-elements.ts';
import { makeApp } from '../../support/web/test-app.ts';

describe('the page on how to subscribe', () => {
  it('shows absolute addresses for every way to subscribe', async () => {
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

  it('shows the hub only when WebSub is on', async () => {
    const hubUrl = () => 'https://news.example.com/websub/hub';
    expect((await getPage(makeApp([], { hubUrl }), '/about')).textOf('h2')).toContain('WebSub');
    expect((await getPage(makeApp(), '/about')).textOf('h2').join()).not.toContain('WebSub');
  });

  it('renders the copy buttons hidden, because they need a script', async () => {
    const { byClass } = await getPage(makeApp(), '/about');
    expect(byClass('copy').length).toBeGreaterThan(5);
    expect(byClass('copy').every(({ attributes }) => 'hidden' in attributes)).toBe(true);
  });
});
