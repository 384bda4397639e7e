import { describe, expect, it } from 'vitest';
import { parseFeed } from '../../../src/parse/parse-feed.ts';

const minute = 60_000;
const count = 10_050;
const dates = Array.from({ length: count }, (_, n) => new Date(Date.UTC(2026, 0, 1) + n * minute));

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

describe('a document with more items than the limit', () => {
  const newest = { first: '50', last: '10049', count: 10_000, notes: ['item_flood'] };
  const beginning = { first: '0', last: '9999', count: 10_000, notes: ['item_flood'] };

  it('keeps its last items in RSS when the oldest come first', async () => {
    expect(await read(rss(dates.map((date, n) => rssItem(n, date))))).toEqual(newest);
  });

  it('keeps its last items in Atom when the oldest come first', async () => {
    const entries = dates.map((date, n) => `<entry><id>${n}</id><updated>${date.toISOString()}</updated></entry>`);
    expect(await read(`<feed xmlns="http://www.w3.org/2005/Atom">${entries.join('')}</feed>`)).toEqual(newest);
  });

  it('keeps its last items in JSON when the oldest come first', async () => {
    const items = dates.map((date, n) => ({ id: String(n), date_published: date.toISOString() }));
    expect(await read(JSON.stringify({ version: 'https://jsonfeed.org/version/1.1', items }))).toEqual(newest);
  });

  it('keeps its first items when the newest come first or no item has a date', async () => {
    expect(await read(rss(dates.toReversed().map((date, n) => rssItem(n, date))))).toEqual(beginning);
    expect(await read(rss(dates.map((_, n) => rssItem(n, undefined))))).toEqual(beginning);
  });
});
