import { describe, expect, it } from 'vitest';
import { vectors } from '../fixtures/markup/vectors.ts';
import { findForbidden } from '../normalise/html/forbidden-html.ts';
import { type CaseRun, casesOf, createChaosSuite, hourMs } from '../support/chaos/run-chaos-cases.ts';
import { notesOf } from '../support/notes.ts';

const suite = createChaosSuite('items');

interface FeedItem {
  readonly title: string;
  readonly content_html?: string;
}

/** The items of the merged output feed. */
async function merged(run: CaseRun): Promise<readonly FeedItem[]> {
  return (JSON.parse((await run.harness.get('/feed.json')).text) as { items: FeedItem[] }).items;
}

/** The number of items of the neighbour on the front page, where no source may displace another. */
async function neighboursOnFrontPage(run: CaseRun): Promise<number> {
  const { text } = await run.harness.get('/');
  return new Set(text.match(/Edition \d+ of the neighbour/g)).size;
}

/** Runs a case whose items are stored beside the three good ones. */
async function taken(row: string, variant: string): Promise<CaseRun> {
  const run = await suite.open(row, variant);
  await run.readGoodDocument();
  await run.poll();
  expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0 });
  return run;
}

async function newItems(run: CaseRun) {
  return (await run.items()).filter((item) => !item.title.endsWith('of the herald'));
}

describe('floods of items', () => {
  it('H53: yield their first 500 items and do not displace other sources on the front page', async () => {
    const run = await taken('H53', 'flood');
    const items = await newItems(run);
    expect(items).toHaveLength(500);
    expect(items.map((item) => item.title)).toContain('Number 500');
    expect(await run.notes()).toEqual(notesOf('item_flood:10000', 'possible_gap'));
    expect(await neighboursOnFrontPage(run)).toBe(2);
  });

  it('H54: at each poll do not shorten the interval and do not displace other sources on the front page', async () => {
    const run = await suite.open('H54', 'endless');
    for (let poll = 1; poll <= 9; poll += 1) await run.poll();
    expect(await run.notes()).toEqual(notesOf('no_overlap'));
    expect((await run.report()).nextCheckMs - run.harness.nowMs).toBeGreaterThanOrEqual(hourMs);
    // Its quota of a page of 30: a fifth.
    expect(run.neighbour.requests.length).toBe(9);
    expect(await neighboursOnFrontPage(run)).toBeGreaterThanOrEqual(6);
  });
});

describe('dates', () => {
  it('H55: in 2099 do not pin items to the top', async () => {
    const run = await taken('H55', 'future');
    expect(await run.notes()).toEqual(notesOf('future_date:5', 'possible_gap'));
    const { nowMs } = run.harness;
    const items = await newItems(run);
    expect(items).toHaveLength(5);
    for (const item of items) expect(item).toMatchObject({ publishedMs: null, sortMs: nowMs, firstSeenMs: nowMs });
    await run.poll();
    // An item that is an hour newer is listed above them.
    expect((await merged(run))[0]?.title).toBe('Edition 3 of the neighbour');
  });

  it('H56: that are invalid are replaced by the time of arrival', async () => {
    const run = await taken('H56', 'dates');
    expect(await run.notes()).toEqual(notesOf('bad_date:3', 'possible_gap'));
    const items = await newItems(run);
    expect(items).toHaveLength(4);
    for (const item of items) expect(item).toMatchObject({ publishedMs: null, sortMs: run.harness.nowMs });
  });
});

describe('guids', () => {
  it('H57: that are all equal lose and duplicate no items', async () => {
    const run = await suite.open('H57', 'same');
    await run.poll();
    expect(await run.notes()).toEqual(notesOf('ids_distrusted', 'dup_guid:9'));
    const items = await run.items();
    expect(new Set(items.map((item) => item.title)).size).toBe(10);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh' });
    expect(await run.items()).toEqual(items);
  });

  it('H58: of another source do not overwrite its items', async () => {
    const run = await suite.open('H58', 'stolen');
    await run.readGoodDocument();
    const before = await run.harness.items('sibling');
    await run.poll();
    expect(await newItems(run)).toHaveLength(2);
    const after = await run.harness.items('sibling');
    for (const item of before) expect(after.find(({ id }) => id === item.id)).toEqual(item);
  });

  it('H59: that are unusable do not lose items', async () => {
    const run = await taken('H59', 'guids');
    expect((await newItems(run)).map((item) => item.title).toSorted()).toEqual([1, 2, 3, 4].map((n) => `Guid ${n}`));
    for (const item of await run.items()) expect(item.key.length).toBeLessThan(200);
    expect(({} as Record<string, unknown>)['title']).toBeUndefined();
  });
});

describe('edits', () => {
  it('H60: at each poll are limited to three an hour, and the last one is stored later', async () => {
    const run = await suite.open('H60', 'counter', { source: { intervalMs: 5 * 60_000 } });
    await run.poll();
    const updates = async () => (await run.harness.events()).filter((event) => event.op === 'update').length;
    for (let poll = 2; poll <= 4; poll += 1) await run.poll({ of: ['chaos'] });
    expect(await updates()).toBe(3);
    const { validators } = await run.harness.state('chaos');
    expect(validators.etag).toBe('"4"');
    for (let poll = 5; poll <= 10; poll += 1) await run.poll({ of: ['chaos'] });
    expect(await updates()).toBe(3);
    expect(await run.notes()).toEqual(notesOf('churn:1'));
    expect((await run.harness.state('chaos')).validators).toEqual(validators);
    expect((await run.items())[0]?.summary).toBe('Read 4 times');
    await run.poll({ atMs: run.harness.nowMs + hourMs });
    expect((await run.items())[0]).toMatchObject({ summary: 'Read 11 times', revision: 5 });
    expect(await run.notes()).toEqual([]);
  });

  it('H61: that remove and restore all items change nothing', async () => {
    const run = await suite.open('H61', 'tides');
    const before = await run.readGoodDocument();
    const events = async () => (await run.harness.events()).filter(({ facets }) => facets.sources.includes('chaos'));
    const eventsBefore = await events();
    await run.poll();
    expect(await run.items()).toEqual(before.items);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh' });
    expect(await run.items()).toEqual(before.items);
    expect(await events()).toEqual(eventsBefore);
  });
});

describe('links and texts', () => {
  it('H62: with script URLs are dropped, and their items are kept', async () => {
    const run = await taken('H62', 'links');
    const items = await newItems(run);
    expect(items.map((item) => item.url)).toEqual(Array(5).fill(null));
    expect(items.map((item) => item.summary).toSorted()).toEqual([0, 1, 2, 3, 4].map((n) => `Text ${n}`));
    expect(await run.notes()).toEqual(notesOf('bad_link:5', 'possible_gap'));
  });

  it.each([
    ['terminal', /^a.*b.*c$/],
    ['turned around', /^usergnp\.exex/],
    ['stacked', /^\u0179\u0301{0,8}$/],
  ])('H63, %s: are sanitised', async (variant, title) => {
    const run = await taken('H63', variant);
    const [item] = await newItems(run);
    expect(item?.title).toMatch(title);
    expect(item?.title).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    expect(Buffer.byteLength(item?.title ?? '')).toBeLessThanOrEqual(1_024);
  });

  it('H64: run no scripts in a reader', async () => {
    const run = await taken('H64', 'vectors');
    const items = await newItems(run);
    expect(items).toHaveLength(vectors.length);
    for (const item of items) expect(findForbidden(item.contentHtml)).toEqual([]);
    for (const item of await merged(run)) expect(findForbidden(item.content_html ?? '')).toEqual([]);
  });

  it.each([
    ['9 MB of text', notesOf('content_cut:1')],
    ['5,000 attributes', []],
  ])('H65, %s: are truncated; title and link are kept', async (variant, notes) => {
    const run = await taken('H65', variant);
    const [item] = await newItems(run);
    expect(item).toMatchObject({ title: 'Number 1', url: 'https://herald.example.org/n/1' });
    expect(Buffer.byteLength(item?.contentHtml ?? '')).toBeLessThanOrEqual(128 * 1024);
    expect(await run.notes()).toEqual(notes);
  });

  it('H65: lose only their nesting', async () => {
    const run = await taken('H65', '20,000 nested divs');
    const [item] = await newItems(run);
    expect(item?.contentHtml.match(/<div>/g)).toHaveLength(100);
    expect(item).toMatchObject({ summary: 'deep', contentHtml: expect.stringContaining('deep') });
    expect(await run.notes()).toEqual([]);
  });

  it('H65: of 20 MB are rejected', async () => {
    await suite.fails('H65', '20 MB of text', 'body_too_large');
  });
});

describe('metadata of items', () => {
  it('H66: is stored if valid and never fetched', async () => {
    const run = await taken('H66', 'enclosures');
    const [item] = await newItems(run);
    expect(item?.enclosures).toEqual([
      { url: `${run.chaos.canary.url}/private.mp3`, type: 'audio/mpeg', length: null },
      { url: 'https://herald.example.org/a.mp3', type: 'text/html', length: null },
    ]);
    expect(await run.notes()).toEqual(notesOf('bad_enclosure:3'));
    expect(run.chaos.canary.connections).toBe(0);
  });

  it('H67: images are never fetched, stored or served', async () => {
    const run = await taken('H67', 'pictures');
    expect(run.chaos.canary.connections).toBe(0);
    expect((await newItems(run))[0]?.imageUrl).toBe(`${run.chaos.canary.url}/item.svg`);
    for (const address of [
      '/sources/chaos/icon',
      '/icons/chaos',
      `/images/${encodeURIComponent(run.chaos.canary.url)}`,
    ]) {
      expect((await run.harness.get(address)).status).toBe(404);
    }
  });

  it('H71: never moves a source to another address', async () => {
    const run = await taken('H71', 'links');
    const { url } = await run.report();
    await run.poll();
    expect(await run.report()).toMatchObject({ url, movedTo: null, failure: null });
    expect(run.chaos.origin.requests.map(({ path }) => path)).toEqual(Array(3).fill('/H71/links'));
    expect(run.chaos.canary.connections).toBe(0);
  });
});

describe('archived documents', () => {
  it.each([
    ['loop', 'archive_loop', 0],
    ['pages', 'archive_limit', 10],
    ['private', 'archive_failed:blocked_address', 0],
  ])('H69, %s: are followed to at most ten, without loops and private addresses', async (variant, note, read) => {
    const run = await taken('H69', variant);
    expect(await run.notes()).toEqual(notesOf('possible_gap', ...(read > 0 ? [`archive_read:${read}`] : []), note));
    expect(await newItems(run)).toHaveLength(1 + read);
    expect(run.chaos.origin.requests).toHaveLength(2 + read);
    // The archive is not read again, since the document that links to it is known now.
    await run.poll();
    expect(run.chaos.origin.requests).toHaveLength(3 + read);
  });

  it('H70: that claim to be complete remove nothing at the first read', async () => {
    const run = await suite.open('H70', 'shrunk');
    await run.poll();
    const items = await run.items();
    expect(items).toHaveLength(40);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: notesOf('complete_shrunk:39') });
    expect(await run.items()).toEqual(items);
    await run.poll();
    expect(await run.report()).toMatchObject({ outcome: 'fresh', notes: [] });
    expect(await run.items()).toEqual(items);
  });
});

describe('the suite', () => {
  it('runs every case of the theme', () => {
    expect(suite.recordedCases()).toEqual(casesOf('items'));
  });
});
