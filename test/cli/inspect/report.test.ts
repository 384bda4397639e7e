import { describe, expect, it } from 'vitest';
import type { Inspection } from '../../../src/cli/inspect/inspect.ts';
import {
  formatFeed,
  formatInspection,
  formatPage,
  identityBasis,
  inspectionToJson,
} from '../../../src/cli/inspect/report.ts';
import { rssDocument } from '../../support/documents.ts';
import type { Reply } from '../../support/origin.ts';
import { anOrigin, cleanUp, feed, look, nowMs, page, rssLink } from './harness.ts';

cleanUp();

/** What is told of a feed, by label. */
async function factsOf(...replies: Reply[]): Promise<Record<string, string>> {
  const origin = await anOrigin();
  origin.on('/feed', ...replies);
  const { feed: report } = await look(`${origin.url}/feed`);
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

describe('tellFeed', () => {
  it('tells what is fine in few words', async () => {
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
      validators: 'ETag; a second request with them is answered 304, as it should be',
      'fresh for': '2 h',
      'next poll': 'in 2 h (max-age 2 h)',
    });
    expect(facts['items']).toMatch(/^30, \d+ KB in \d+ ms$/);
    expect(Object.keys(facts)).not.toContain('oddities');
  });

  it('tells what is amiss with dates, ids and links', async () => {
    const date = new Date(nowMs);
    const facts = await factsOf(
      rss([
        { guid: 'a', title: 'One', link: 'https://site.example/1', date: new Date(nowMs + 90_000_000) },
        { guid: 'a', title: 'Two', link: 'https://site.example/1', date: new Date(0) },
        { title: 'Three', date },
      ]),
    );
    expect(facts).toMatchObject({
      dates: 'all, 1 more than a day ahead, 1 before 1990',
      ids: '1 of 3 missing, 1 not their own',
      links: '1 of 3 missing, 1 not their own',
      hub: 'none',
      validators: 'none: every poll has to transfer the whole document',
    });
    expect(facts['oddities']).toContain('future_date:1');
  });

  it('tells when ids are worthless and when all dates are one', async () => {
    const date = new Date(nowMs);
    const entries = [1, 2, 3, 4].map((n) => ({
      guid: 'x',
      title: `Story ${n}`,
      link: `https://site.example/${n}`,
      date,
    }));
    expect(await factsOf(rss(entries))).toMatchObject({
      dates: 'all, all the same',
      ids: 'all, 3 not their own: worthless, so items are told apart by link or text',
    });
  });

  it.each<[string, Reply, string]>([
    ['the same document', feed(3), 'ETag; ignored: a second request with them brings the whole document again'],
    ['another document', feed(4), 'ETag; a second request with them brings another document'],
    ['no document', { status: 500 }, 'ETag; a second request with them fails'],
  ])('tells that validators bring %s', async (_, second, words) => {
    expect((await factsOf(feed(3, { etag: '"a"' }), second))['validators']).toBe(words);
  });

  it('tells of a feed without items', async () => {
    expect(await factsOf(rss([]))).toMatchObject({ dates: 'no item', ids: 'no item', links: 'no item' });
  });

  it('shows the newest items as they would be stored, and by what each is told apart', async () => {
    const origin = await anOrigin();
    const date = new Date(nowMs);
    origin.on(
      '/feed',
      rss([
        { guid: 'a', title: 'A &amp; <b>b</b>', link: 'https://site.example/1?utm_source=x', date },
        { title: 'Two' },
      ]),
    );
    const { feed: report } = await look(`${origin.url}/feed`);
    const table = formatFeed(report!, null).split('\n\n')[1]?.split('\n');
    expect(table?.map((line) => line.split(/ {2,}/))).toEqual([
      ['PUBLISHED', 'TITLE', 'TOLD APART BY', 'LINK'],
      ['2026-03-10 12:00', 'A & b', 'id', 'https://site.example/1'],
      ['', 'Two', 'text'],
      [''],
    ]);
  });

  it('fits the terminal and lets nothing of the feed act on it', async () => {
    const origin = await anOrigin();
    const title = `\u009b31m${'A long title '.repeat(20)}\u202e`;
    origin.on('/feed', { body: rssDocument({ title, link: 'https://site.example/' }, [{ title }]) });
    const { feed: report } = await look(`${origin.url}/feed`);
    const text = formatFeed(report!, 60);
    expect(text.split('\n').every((line) => line.length <= 60)).toBe(true);
    expect(text).not.toMatch(/[\u0080-\u009f\u202e]/);
  });
});

describe('tellPage', () => {
  const found = { url: 'https://site.example/', title: 'A site', refreshTo: null };

  it('lists the feeds of a page', () => {
    const feeds = [
      { url: 'https://site.example/feed', title: 'Stories', format: 'RSS', found: 'declared' },
      { url: 'https://site.example/rss', title: null, format: null, found: 'address' },
    ] as const;
    expect(formatPage({ ...found, feeds }, null).split('\n')).toEqual([
      'A site (https://site.example/) is a page that names 2 feeds:',
      '',
      'FEED                       FORMAT  FOUND           TITLE',
      'https://site.example/feed  RSS     declared        Stories',
      'https://site.example/rss           by its address',
      '',
    ]);
  });

  it('says that a page names none, and where it sends browsers', () => {
    expect(formatPage({ ...found, feeds: [] }, null)).toBe(
      'A site (https://site.example/) is a page that names no feed.\n',
    );
    expect(formatPage({ ...found, title: null, refreshTo: 'https://site.example/en', feeds: [] }, null)).toBe(
      'https://site.example/ is a page that names no feed. It sends browsers on to https://site.example/en; try that address.\n',
    );
  });
});

describe('an inspection', () => {
  it('is told as page and feed, and as one object for machines', async () => {
    const origin = await anOrigin();
    origin.on('/', page(rssLink('/feed', 'Stories')));
    origin.on('/feed', feed(3, { etag: '"a"' }), { status: 304 });
    const inspection = await look(`${origin.url}/`);
    expect(formatInspection(inspection, null)).toMatch(
      /names one feed:\n\nFEED .*\n.*Stories\n\nfeed +http.*\n(.*\n)+\nPUBLISHED /,
    );
    expect(JSON.parse(JSON.stringify(inspectionToJson(inspection)))).toMatchObject({
      url: `${origin.url}/`,
      page: {
        title: 'A site',
        feeds: [{ url: `${origin.url}/feed`, format: 'RSS', found: 'declared', title: 'Stories' }],
      },
      feed: {
        url: `${origin.url}/feed`,
        answeredUrl: `${origin.url}/feed`,
        movedTo: null,
        format: 'rss2',
        quality: { entries: 3, ids: { missing: 0, duplicate: 0, distrusted: false } },
        validators: { etag: '"a"', lastModified: null, second: 'not-modified' },
        readAt: '2026-03-10T12:00:00.000Z',
        nextCheckAt: expect.stringMatching(/^2026-03-10T1\d:/),
        newest: [
          { guid: 'g0', toldApartBy: 'id', title: 'Story 0', publishedAt: '2026-03-10T12:00:00.000Z', contentBytes: 0 },
          { guid: 'g1' },
          { guid: 'g2' },
        ],
      },
      refusals: [],
    });
  });

  it('that came to nothing is told as such', () => {
    const nothing: Inspection = {
      url: 'https://site.example/',
      page: null,
      feed: null,
      refusals: [{ url: 'https://site.example/', failure: 'not_found', detail: 'x' }],
    };
    expect(formatInspection(nothing, null)).toBe('');
    expect(inspectionToJson(nothing)).toEqual(nothing);
  });
});

describe('rungOf', () => {
  it('reads the rung off the key', () => {
    expect(['gab', 'lab', 'dab'].map((entryKey) => identityBasis({ entryKey }))).toEqual(['id', 'link', 'text']);
  });
});
