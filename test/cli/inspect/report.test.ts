import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../../src/cli/inspect/inspect.ts';
import {
  formatFeed,
  formatInspection,
  formatPage,
  identityBasis,
  inspectionToJson,
} from '../../../src/cli/inspect/report.ts';
import { anOrigin, cleanUp } from '../../fetch/fetch-fixtures.ts';
import { rssDocument } from '../../support/documents.ts';
import type { Reply } from '../../support/origin.ts';
import { feed, inspectUrl, nowMs, page, rssLink } from './harness.ts';

cleanUp();

/** The lines of a report, by label. */
async function factsOf(...replies: Reply[]): Promise<Record<string, string>> {
  const origin = await anOrigin();
  origin.on('/feed', ...replies);
  const { feed: report } = await inspectUrl(`${origin.url}/feed`);
  if (report === null) throw new Error('no feed');
  const [facts = ''] = formatFeed(report, null).split('\n\n');
  return Object.fromEntries(
    facts
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => [line.slice(0, 12).trim(), line.slice(12).trim()]),
  );
}

const rss = (entries: Parameters<typeof rssDocument>[1]): Reply => ({
  body: rssDocument({ title: 'A feed', link: 'https://site.example/' }, entries),
});

describe('formatFeed', () => {
  it('describes a good feed briefly', async () => {
    const headers = { etag: '"a"', 'cache-control': 'max-age=7200', link: '<https://hub.example/>; rel=hub' };
    const facts = await factsOf(feed(30, headers), { status: 304 });
    expect(facts).toMatchObject({
      title: 'A feed',
      site: 'https://site.example/',
      format: 'rss2, sent as application/rss+xml',
      dates: 'all',
      ids: 'all',
      links: 'all',
      hub: 'https://hub.example/',
      validators: 'ETag; a conditional request is answered 304, as it should be',
      'fresh for': '2 h',
      'next poll': 'in 2 h (max-age 2 h)',
    });
    expect(facts['items']).toMatch(/^30, \d+ KB in \d+ ms$/);
    expect(Object.keys(facts)).not.toContain('notes');
  });

  it('reports problems of dates, ids and links', async () => {
    const date = new Date(nowMs);
    const facts = await factsOf(
      rss([
        { guid: 'a', title: 'One', link: 'https://site.example/1', date: new Date(nowMs + 90_000_000) },
        { guid: 'a', title: 'Two', link: 'https://site.example/1', date: new Date(0) },
        { title: 'Three', date },
      ]),
    );
    expect(facts).toMatchObject({
      dates: 'all, 1 more than a day in the future, 1 before 1990',
      ids: '1 of 3 missing, 1 duplicate',
      links: '1 of 3 missing, 1 duplicate',
      hub: 'none',
      validators: 'none: every poll transfers the whole document',
    });
    expect(facts['notes']).toBe('1 date in the future dropped');
    expect(facts['']).toContain('1 entry with the id of another entry');
  });

  it('reports unusable ids and equal dates', async () => {
    const date = new Date(nowMs);
    const entries = [1, 2, 3, 4].map((n) => ({
      guid: 'x',
      title: `Story ${n}`,
      link: `https://site.example/${n}`,
      date,
    }));
    expect(await factsOf(rss(entries))).toMatchObject({
      dates: 'all, all equal',
      ids: 'all, 3 duplicate; not usable, so items are identified by link or text',
    });
  });

  it.each<[string, Reply, string]>([
    ['the same document', feed(3), 'ETag; ignored: a conditional request returns the same document again'],
    ['another document', feed(4), 'ETag; a conditional request returns another document'],
    ['no document', { status: 500 }, 'ETag; a conditional request fails'],
  ])('reports the result of validators: %s', async (_, second, words) => {
    expect((await factsOf(feed(3, { etag: '"a"' }), second))['validators']).toBe(words);
  });

  it('describes a feed without items', async () => {
    expect(await factsOf(rss([]))).toMatchObject({ dates: 'no items', ids: 'no items', links: 'no items' });
  });

  it('shows the newest items as they would be stored, and what identifies each', async () => {
    const origin = await anOrigin();
    const date = new Date(nowMs);
    origin.on(
      '/feed',
      rss([
        { guid: 'a', title: 'A &amp; <b>b</b>', link: 'https://site.example/1?utm_source=x', date },
        { title: 'Two' },
      ]),
    );
    const { feed: report } = await inspectUrl(`${origin.url}/feed`);
    const table = formatFeed(report!, null).split('\n\n')[1]?.split('\n');
    expect(table?.map((line) => line.split(/ {2,}/))).toEqual([
      ['PUBLISHED', 'TITLE', 'IDENTIFIED BY', 'LINK'],
      ['2026-03-10 12:00', 'A & b', 'id', 'https://site.example/1'],
      ['', 'Two', 'text'],
      [''],
    ]);
  });

  it('fits the terminal and removes control characters', async () => {
    const origin = await anOrigin();
    const title = `\u009b31m${'A long title '.repeat(20)}\u202e`;
    origin.on('/feed', { body: rssDocument({ title, link: 'https://site.example/' }, [{ title }]) });
    const { feed: report } = await inspectUrl(`${origin.url}/feed`);
    const text = formatFeed(report!, 60);
    expect(text.split('\n').every((line) => line.length <= 60)).toBe(true);
    expect(text).not.toMatch(/[\u0080-\u009f\u202e]/);
  });
});

describe('formatPage', () => {
  const found = { url: 'https://site.example/', title: 'A site', refreshTo: null };

  it('lists the feeds of a page', () => {
    const feeds = [
      { url: 'https://site.example/feed', title: 'Stories', format: 'RSS', found: 'declared' },
      { url: 'https://site.example/rss', title: null, format: null, found: 'address' },
    ] as const;
    expect(formatPage({ ...found, feeds }, null).split('\n')).toEqual([
      'A site (https://site.example/) is a page that links to 2 feeds:',
      '',
      'FEED                       FORMAT  FOUND       TITLE',
      'https://site.example/feed  RSS     declared    Stories',
      'https://site.example/rss           by its URL',
      '',
    ]);
  });

  it('reports a page without feeds, and the target of its refresh', () => {
    expect(formatPage({ ...found, feeds: [] }, null)).toBe(
      'A site (https://site.example/) is a page that links to no feed.\n',
    );
    expect(formatPage({ ...found, title: null, refreshTo: 'https://site.example/en', feeds: [] }, null)).toBe(
      'https://site.example/ is a page that links to no feed. It redirects browsers to https://site.example/en; try that URL.\n',
    );
  });
});

describe('an inspection', () => {
  it('is formatted as page and feed, and as one JSON object', async () => {
    const origin = await anOrigin();
    origin.on('/', page(rssLink('/feed', 'Stories')));
    origin.on('/feed', feed(3, { etag: '"a"' }), { status: 304 });
    const inspection = await inspectUrl(`${origin.url}/`);
    expect(formatInspection(inspection, null)).toMatch(
      /links to one feed:\n\nFEED .*\n.*Stories\n\nfeed +http.*\n(.*\n)+\nPUBLISHED /,
    );
    expect(JSON.parse(JSON.stringify(inspectionToJson(inspection)))).toMatchObject({
      url: `${origin.url}/`,
      page: {
        title: 'A site',
        feeds: [{ url: `${origin.url}/feed`, format: 'RSS', found: 'declared', title: 'Stories' }],
      },
      feed: {
        url: `${origin.url}/feed`,
        responseUrl: `${origin.url}/feed`,
        movedTo: null,
        format: 'rss2',
        quality: { entries: 3, ids: { missing: 0, duplicate: 0, distrusted: false } },
        validators: { etag: '"a"', lastModified: null, revalidation: 'not-modified' },
        readAt: '2026-03-10T12:00:00.000Z',
        nextCheckAt: expect.stringMatching(/^2026-03-10T1\d:/),
        nextCheckReason: { code: 'adaptive_interval', intervalMs: expect.any(Number) },
        notes: [],
        newest: [
          {
            guid: 'g0',
            identifiedBy: 'id',
            title: 'Story 0',
            publishedAt: '2026-03-10T12:00:00.000Z',
            contentBytes: 0,
          },
          { guid: 'g1' },
          { guid: 'g2' },
        ],
      },
      failures: [],
    });
  });

  it('without a result is formatted as such', () => {
    const nothing: Inspection = {
      url: 'https://site.example/',
      page: null,
      feed: null,
      failures: [{ url: 'https://site.example/', failure: 'not_found', detail: 'x' }],
    };
    expect(formatInspection(nothing, null)).toBe('');
    expect(inspectionToJson(nothing)).toEqual(nothing);
  });
});

describe('identityBasis', () => {
  it('is read from the key', () => {
    expect(['gab', 'lab', 'dab'].map((entryKey) => identityBasis({ entryKey }))).toEqual(['id', 'link', 'text']);
  });
});
