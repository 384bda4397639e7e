import { describe, expect, it } from 'vitest';
import { vectors } from '../fixtures/markup/vectors.ts';
import { findForbidden } from '../normalise/html/forbidden-html.ts';
import { type CaseRun, casesOf, createChaosSuite, hourMs } from '../support/chaos/run-chaos-cases.ts';

const theatre = createChaosSuite('items');

interface FeedItem {
  readonly title: string;
  readonly content_html?: string;
}

/** The merged output as a reader gets it. */
async function merged(show: CaseRun): Promise<readonly FeedItem[]> {
  return (JSON.parse((await show.harness.get('/feed.json')).text) as { items: FeedItem[] }).items;
}

/** How many of the neighbour's items the front page shows, on which no source may crowd out another. */
async function neighboursOnFrontPage(show: CaseRun): Promise<number> {
  const { text } = await show.harness.get('/');
  return new Set(text.match(/Edition \d+ of the neighbour/g)).size;
}

/** Plays a case of which the items are taken beside the three good ones. */
async function taken(row: string, variant: string): Promise<CaseRun> {
  const show = await theatre.open(row, variant);
  await show.readGoodDocument();
  await show.poll();
  expect(await show.report()).toMatchObject({ outcome: 'fresh', failure: null, failures: 0 });
  return show;
}

async function newItems(show: CaseRun) {
  return (await show.items()).filter((item) => !item.title.endsWith('of the herald'));
}

describe('floods', () => {
  it('H53: give their first 500 items, and leave others their place on the front page', async () => {
    const show = await taken('H53', 'flood');
    const items = await newItems(show);
    expect(items).toHaveLength(500);
    expect(items.map((item) => item.title)).toContain('Number 500');
    expect(await show.notes()).toEqual(['item_flood:10000', 'possible_gap']);
    expect(await neighboursOnFrontPage(show)).toBe(2);
  });

  it('H54: at each poll buy no faster polling, and leave others their place on the front page', async () => {
    const show = await theatre.open('H54', 'endless');
    for (let poll = 1; poll <= 9; poll += 1) await show.poll();
    expect(await show.notes()).toEqual(['item_flood']);
    expect((await show.report()).nextCheckMs - show.harness.nowMs).toBeGreaterThanOrEqual(hourMs);
    // Its share of a page of 30: a fifth.
    expect(show.neighbour.requests.length).toBe(9);
    expect(await neighboursOnFrontPage(show)).toBeGreaterThanOrEqual(6);
  });
});

describe('dates', () => {
  it('H55: of 2099 pin nothing on top', async () => {
    const show = await taken('H55', 'future');
    expect(await show.notes()).toEqual(['future_date:5', 'possible_gap']);
    const { nowMs } = show.harness;
    const items = await newItems(show);
    expect(items).toHaveLength(5);
    for (const item of items) expect(item).toMatchObject({ publishedMs: null, sortMs: nowMs, firstSeenMs: nowMs });
    await show.poll();
    // A story of an hour later stands above them.
    expect((await merged(show))[0]?.title).toBe('Edition 3 of the neighbour');
  });

  it('H56: that are none are replaced by when the item was seen', async () => {
    const show = await taken('H56', 'dates');
    expect(await show.notes()).toEqual(['bad_date:3', 'possible_gap']);
    const items = await newItems(show);
    expect(items).toHaveLength(4);
    for (const item of items) expect(item).toMatchObject({ publishedMs: null, sortMs: show.harness.nowMs });
  });
});

describe('guids', () => {
  it('H57: that are all the same cost no item, and double none', async () => {
    const show = await theatre.open('H57', 'same');
    await show.poll();
    expect(await show.notes()).toEqual(['ids_distrusted', 'dup_guid:9']);
    const items = await show.items();
    expect(new Set(items.map((item) => item.title)).size).toBe(10);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh' });
    expect(await show.items()).toEqual(items);
  });

  it("H58: of another source overwrite nothing of that one's", async () => {
    const show = await theatre.open('H58', 'stolen');
    await show.readGoodDocument();
    const before = await show.harness.items('sibling');
    await show.poll();
    expect(await newItems(show)).toHaveLength(2);
    const after = await show.harness.items('sibling');
    for (const item of before) expect(after.find(({ id }) => id === item.id)).toEqual(item);
  });

  it('H59: that are no keys are items all the same', async () => {
    const show = await taken('H59', 'guids');
    expect((await newItems(show)).map((item) => item.title).toSorted()).toEqual([1, 2, 3, 4].map((n) => `Guid ${n}`));
    for (const item of await show.items()) expect(item.key.length).toBeLessThan(200);
    expect(({} as Record<string, unknown>)['title']).toBeUndefined();
  });
});

describe('edits', () => {
  it('H60: at each poll are three an hour, and the last one is found later', async () => {
    const show = await theatre.open('H60', 'counter', { source: { intervalMs: 5 * 60_000 } });
    await show.poll();
    const updates = async () => (await show.harness.events()).filter((event) => event.op === 'update').length;
    for (let poll = 2; poll <= 4; poll += 1) await show.poll({ of: ['chaos'] });
    expect(await updates()).toBe(3);
    const { validators } = await show.harness.state('chaos');
    expect(validators.etag).toBe('"4"');
    for (let poll = 5; poll <= 10; poll += 1) await show.poll({ of: ['chaos'] });
    expect(await updates()).toBe(3);
    expect(await show.notes()).toEqual(['churn']);
    expect((await show.harness.state('chaos')).validators).toEqual(validators);
    expect((await show.items())[0]?.summary).toBe('Read 4 times');
    await show.poll({ atMs: show.harness.nowMs + hourMs });
    expect((await show.items())[0]).toMatchObject({ summary: 'Read 11 times', revision: 5 });
    expect(await show.notes()).toEqual([]);
  });

  it('H61: that take all away and bring it back change nothing', async () => {
    const show = await theatre.open('H61', 'tides');
    const before = await show.readGoodDocument();
    const events = async () => (await show.harness.events()).filter(({ facets }) => facets.sources.includes('chaos'));
    const told = await events();
    await show.poll();
    expect(await show.items()).toEqual(before.items);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh' });
    expect(await show.items()).toEqual(before.items);
    expect(await events()).toEqual(told);
  });
});

describe('links and texts', () => {
  it('H62: that run are dropped, and their items stay', async () => {
    const show = await taken('H62', 'links');
    const items = await newItems(show);
    expect(items.map((item) => item.url)).toEqual(Array(5).fill(null));
    expect(items.map((item) => item.summary).toSorted()).toEqual([0, 1, 2, 3, 4].map((n) => `Text ${n}`));
    expect(await show.notes()).toEqual(['bad_link:5', 'possible_gap']);
  });

  it.each([
    ['terminal', /^a.*b.*c$/],
    ['turned around', /^usergnp\.exex/],
    ['stacked', /^\u0179\u0301{0,8}$/],
  ])('H63, %s: are cleaned', async (variant, title) => {
    const show = await taken('H63', variant);
    const [item] = await newItems(show);
    expect(item?.title).toMatch(title);
    expect(item?.title).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
    expect(Buffer.byteLength(item?.title ?? '')).toBeLessThanOrEqual(1_024);
  });

  it('H64: run nothing in a reader', async () => {
    const show = await taken('H64', 'vectors');
    const items = await newItems(show);
    expect(items).toHaveLength(vectors.length);
    for (const item of items) expect(findForbidden(item.contentHtml)).toEqual([]);
    for (const item of await merged(show)) expect(findForbidden(item.content_html ?? '')).toEqual([]);
  });

  it.each([
    ['9 MB of text', ['content_cut:1']],
    ['5,000 attributes', []],
  ])('H65, %s: are cut, and title and link stay', async (variant, notes) => {
    const show = await taken('H65', variant);
    const [item] = await newItems(show);
    expect(item).toMatchObject({ title: 'Number 1', url: 'https://herald.example.org/n/1' });
    expect(Buffer.byteLength(item?.contentHtml ?? '')).toBeLessThanOrEqual(128 * 1024);
    expect(await show.notes()).toEqual(notes);
  });

  it('H65: lose their depth and nothing else', async () => {
    const show = await taken('H65', '20,000 nested divs');
    const [item] = await newItems(show);
    expect(item?.contentHtml.match(/<div>/g)).toHaveLength(100);
    expect(item).toMatchObject({ summary: 'deep', contentHtml: expect.stringContaining('deep') });
    expect(await show.notes()).toEqual([]);
  });

  it('H65: of 20 MB are not taken at all', async () => {
    await theatre.fails('H65', '20 MB of text', 'body_too_large');
  });
});

describe('what stands beside the text', () => {
  it('H66: is kept as far as it makes sense, and never fetched', async () => {
    const show = await taken('H66', 'enclosures');
    const [item] = await newItems(show);
    expect(item?.enclosures).toEqual([
      { url: `${show.chaos.canary.url}/private.mp3`, type: 'audio/mpeg', length: null },
      { url: 'https://herald.example.org/a.mp3', type: 'text/html', length: null },
    ]);
    expect(await show.notes()).toEqual(['bad_enclosure:3']);
    expect(show.chaos.canary.connections).toBe(0);
  });

  it('H67: is no picture that we fetch, keep or serve', async () => {
    const show = await taken('H67', 'pictures');
    expect(show.chaos.canary.connections).toBe(0);
    expect((await newItems(show))[0]?.imageUrl).toBe(`${show.chaos.canary.url}/item.svg`);
    for (const address of [
      '/sources/chaos/icon',
      '/icons/chaos',
      `/images/${encodeURIComponent(show.chaos.canary.url)}`,
    ]) {
      expect((await show.harness.get(address)).status).toBe(404);
    }
  });

  it('H71: never leads a source to another address', async () => {
    const show = await taken('H71', 'links');
    const { url } = await show.report();
    await show.poll();
    expect(await show.report()).toMatchObject({ url, movedTo: null, failure: null });
    expect(show.chaos.origin.requests.map(({ path }) => path)).toEqual(Array(3).fill('/H71/links'));
    expect(show.chaos.canary.connections).toBe(0);
  });
});

describe('history', () => {
  it.each([
    ['loop', 'archive_loop', 0],
    ['pages', 'archive_limit', 10],
    ['private', 'archive_failed:blocked_address', 0],
  ])('H69, %s: is followed to ten archives at most, round no circle and to no private address', async (variant, note, read) => {
    const show = await taken('H69', variant);
    expect(await show.notes()).toEqual(['possible_gap', ...(read > 0 ? [`archive_read:${read}`] : []), note]);
    expect(await newItems(show)).toHaveLength(1 + read);
    expect(show.chaos.origin.requests).toHaveLength(2 + read);
    // It is not followed again: the document that named it is known now.
    await show.poll();
    expect(show.chaos.origin.requests).toHaveLength(3 + read);
  });

  it('H70: that is said to be complete takes nothing away at its first word', async () => {
    const show = await theatre.open('H70', 'shrunk');
    await show.poll();
    const items = await show.items();
    expect(items).toHaveLength(40);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', failure: null, notes: ['complete_shrunk'] });
    expect(await show.items()).toEqual(items);
    await show.poll();
    expect(await show.report()).toMatchObject({ outcome: 'fresh', notes: [] });
    expect(await show.items()).toEqual(items);
  });
});

describe('the table', () => {
  it('has every case of the theme', () => {
    expect(theatre.recordedCases()).toEqual(casesOf('items'));
  });
});
