import { describe, expect, it } from 'vitest';
import { dropOldestItems } from '../../../src/parse/limits/oldest-first.ts';
import { parseFeed } from '../../../src/parse/parse-feed.ts';
import { notesOf } from '../../support/notes.ts';

const minuteMs = 60_000;
const count = 10_050;
const dates = Array.from({ length: count }, (_, n) => new Date(Date.UTC(2026, 0, 1) + n * minuteMs));

async function read(text: string) {
  const result = await parseFeed({ body: new TextEncoder().encode(text), contentType: null });
  if (result.kind !== 'parsed') throw new Error(result.detail);
  const guids = result.feed.items.map(({ guid }) => guid);
  return { first: guids[0], last: guids.at(-1), count: guids.length, notes: result.feed.notes };
}

const rssItem = (n: number, date: Date | undefined) =>
  `<item><guid>${n}</guid><pubDate>${date?.toUTCString() ?? ''}</pubDate><description><![CDATA[<item>]]></description></item>`;
const rss = (items: readonly string[]) =>
  `<rss version="2.0"><channel><title>x</title><!-- <item> -->${items.join('')}</channel></rss>`;

describe('dropOldestItems', () => {
  it('keeps the last items of RSS when the oldest come first', () => {
    const items = dates.map((date, n) => rssItem(n, date));
    expect(dropOldestItems(rss(items)) === rss(items.slice(-10_000))).toBe(true);
  });

  it('keeps the last entries of Atom when the oldest come first', () => {
    const entries = dates.map((date, n) => `<entry><id>${n}</id><updated>${date.toISOString()}</updated></entry>`);
    const feed = (list: readonly string[]) => `<feed xmlns="http://www.w3.org/2005/Atom">${list.join('')}</feed>`;
    expect(dropOldestItems(feed(entries)) === feed(entries.slice(-10_000))).toBe(true);
  });

  it('returns a document unchanged when the newest items come first', () => {
    const text = rss(dates.toReversed().map((date, n) => rssItem(n, date)));
    expect(dropOldestItems(text) === text).toBe(true);
  });

  it('returns a document unchanged when its items have no date', () => {
    const text = rss(dates.map((_, n) => rssItem(n, undefined)));
    expect(dropOldestItems(text) === text).toBe(true);
  });

  it('returns a document unchanged when only comments and CDATA exceed the limit', () => {
    const text = rss(dates.slice(0, 6_000).map((date, n) => rssItem(n, date)));
    expect(dropOldestItems(text) === text).toBe(true);
  });
});

describe('parseFeed of a document with more items than the limit', () => {
  const newest = { first: '50', last: '10049', count: 10_000, notes: notesOf('item_flood:10000') };

  it('keeps the last items of RSS when the oldest come first', async () => {
    expect(await read(rss(dates.map((date, n) => rssItem(n, date))))).toEqual(newest);
  });

  it('keeps the last items of JSON Feed when the oldest come first', async () => {
    const items = dates.map((date, n) => ({ id: String(n), date_published: date.toISOString() }));
    expect(await read(JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', items }))).toEqual({
      ...newest,
      notes: notesOf(`item_flood:${count}`),
    });
  });
});
