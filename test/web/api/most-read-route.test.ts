import { describe, expect, it } from 'vitest';
import { countReads } from '../../../src/store/readers/read-counts.ts';
import { noon } from '../../support/builders.ts';
import { withStoreApp } from '../../support/web/store-app.ts';
import { makeApp } from '../../support/web/test-app.ts';

describe('/api/most-read', () => {
  it('returns the most read items with their counts and pages', () =>
    withStoreApp({}, async ({ store, item, request }) => {
      await countReads(store, [{ itemId: item, atMs: noon, day: 1, hash: 'a', hashYesterday: 'b' }]);
      const response = await request('/api/most-read?hours=168');
      expect(await response.json()).toEqual({
        hours: 168,
        items: [
          {
            reads: 1,
            item: {
              id: item,
              url: 'https://example.net/one',
              page: `https://news.example.com/items/${item}`,
              title: 'Title of one',
              section: 'World',
              publishedAt: '2026-03-01T11:00:00.000Z',
              source: { id: 'a', title: 'A' },
            },
          },
        ],
      });
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
    }));

  it('covers a day by default', () =>
    withStoreApp({}, async ({ request }) => {
      expect(await (await request('/api/most-read')).json()).toEqual({ hours: 24, items: [] });
    }));

  it.each(['0', '169', '-1', 'x', '1.5'])('refuses %s hours', async (hours) => {
    expect((await makeApp().get(`/api/most-read?hours=${hours}`)).status).toBe(400);
  });

  it('refuses an unknown parameter, and is empty on a node without counts', async () => {
    expect((await makeApp().get('/api/most-read?days=1')).status).toBe(400);
    expect(await (await makeApp().get('/api/most-read')).json()).toEqual({ hours: 24, items: [] });
  });
});
