import { describe, expect, it } from 'vitest';
import type { ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import type { FetchedDocument, FetchOutcome } from '../../src/domain/polling/fetch-outcome.ts';
import { emptyPollHistory, type PollHistory, type PollState } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';
import type { FeedToStore, Poll } from '../../src/refresh.ts';
import { createGapFiller, type GapFillerOptions } from '../../src/server/gap-filler.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { digest, draft, source } from '../support/store-fixture.ts';

const feedUrl = 'https://a.example.org/feed.xml';
const facts = { status: 200, bytes: 3, durationMs: 1, redirects: 0, notes: [] };

function document(url: string, bytes = 3): FetchedDocument {
  return {
    kind: 'fresh',
    body: new Uint8Array(bytes),
    contentType: null,
    validators: { etag: null, lastModified: null },
    bodyHash: 'h',
    url,
    movedTo: null,
    freshnessLifetimeMs: null,
    links: [],
    facts,
  };
}

function failed(failure: 'blocked_address' | 'not_found'): FetchOutcome {
  return { kind: 'failed', failure, detail: 'it failed', retryAfterMs: null, facts };
}

function throttled(retryAfterMs: number | null, hostWide = true): FetchOutcome {
  return { kind: 'throttled', retryAfterMs, hostWide, facts };
}

function drafts(...names: string[]): ItemDraft[] {
  return names.map((name) => draft(name));
}

function nameOf({ entryKey }: ItemDraft): string {
  return entryKey.replace('guid-', '');
}

function names(items: readonly ItemDraft[]): string[] {
  return items.map(nameOf);
}

interface Script {
  /** What each address answers; others are not found. */
  readonly archives?: Readonly<Record<string, NormalisedFeed | FetchOutcome | Error>>;
  /** Names of entries that the source has shown before. */
  readonly known?: readonly string[];
  readonly memory?: Partial<PollHistory>;
  readonly state?: Partial<PollState>;
  readonly source?: Partial<Source>;
  readonly ports?: Partial<GapFillerOptions>;
  readonly fetchMs?: number;
  readonly bytes?: number;
  readonly effectiveUrl?: Readonly<Record<string, string>>;
}

/** Fills the gap before a document of three entries, of a source that had three before. */
async function fill(main: NormalisedFeed, script: Script = {}) {
  const clock = createFakeClock();
  const asked: string[] = [];
  const slept: number[] = [];
  const leases: number[] = [];
  const byUrl = new Map<string, NormalisedFeed>();
  const ports: GapFillerOptions = {
    clock,
    hostGapMs: () => 1000,
    async continuity(_id, { drafts: all }) {
      return { strangers: all.filter((one) => !script.known?.includes(nameOf(one))), formerly: null };
    },
    async fetch(_poll, url) {
      asked.push(url);
      await clock.advance(script.fetchMs ?? 0);
      const answer = script.archives?.[url] ?? failed('not_found');
      if (answer instanceof Error) throw answer;
      if (answer.kind !== 'digested') return answer;
      const effective = script.effectiveUrl?.[url] ?? url;
      byUrl.set(effective, answer);
      return document(effective, script.bytes);
    },
    async digest(_poll, { url }) {
      return byUrl.get(url) ?? { kind: 'unreadable', failure: 'not_feed', detail: 'a page' };
    },
    async keepLease(_lease, untilMs) {
      leases.push(untilMs - clock.now());
      return true;
    },
    async sleep(ms) {
      slept.push(ms);
      await clock.advance(ms);
    },
    ...script.ports,
  };
  const memory = { ...emptyPollHistory, documentEntries: 3, ...script.memory };
  const state = { firstReadDone: true, movedTo: null, ...script.state, history: memory } as PollState;
  const lease = { sourceId: 'a', token: 't', untilMs: clock.now() + 90_000, declarationHash: 'd' };
  const poll: Poll = { source: source('a', { url: feedUrl, ...script.source }), lease, state };
  const { signal } = new AbortController();
  const filled = await createGapFiller(ports)(poll, { document: document(feedUrl), digest: main }, signal);
  return { ...filled, asked, slept, leases, notes: filled.digest.notes };
}

/** What is left alone. */
const untouched = { history: [], formerly: null, hostPauseMs: null, notes: [], asked: [] } satisfies Partial<
  FeedToStore & { notes: string[]; asked: string[] }
>;

const page = (n: number): string => `https://a.example.org/archive/${n}`;
const three = drafts('x', 'y', 'z');

describe('a possible gap', () => {
  it('is a document as long as the one before in which nothing is known', async () => {
    expect(await fill(digest(three))).toMatchObject({ notes: ['possible_gap'], asked: [], hostPauseMs: null });
    expect(await fill(digest(three, { notes: ['dup_guid:2'] }))).toMatchObject({
      notes: ['dup_guid:2', 'possible_gap'],
    });
  });

  it.each<[string, NormalisedFeed, Script]>([
    ['a first read', digest(three), { state: { firstReadDone: false } }],
    ['an entry that is known and the same', digest(three, { unchanged: ['w'] }), {}],
    ['an entry that is known and edited', digest(three), { known: ['y'] }],
    ['a document shorter than the one before', digest(three), { memory: { documentEntries: 4 } }],
    ['a feed of two', digest(drafts('x', 'y')), { memory: { documentEntries: 2 } }],
    [
      'a document of which nobody knows how long the one before was',
      digest(three),
      { memory: { documentEntries: null } },
    ],
    ['an empty document', digest([]), { memory: { documentEntries: 0 } }],
    ['a document that says it is complete', digest(three, { complete: true }), {}],
    ['a document out of which something was filtered', digest(three, { notes: ['filtered:7'] }), {}],
    ['a document of which a part could not be read', digest(three, { notes: ['partial_parse'] }), {}],
    ['a flood', digest(three), { memory: { disjointDocuments: 6 } }],
    ['a local feed', digest(three), { source: { url: 'file:///feeds/a.xml' } }],
  ])('is not %s', async (_what, main, script) => {
    const archived = { ...main, archiveUrl: null };
    expect(await fill(archived, script)).toMatchObject({ ...untouched, notes: main.notes });
  });

  it('is a document that fills the limit, however long the one before was', async () => {
    const script = { memory: { documentEntries: 400 }, source: { limit: 3 } };
    expect((await fill(digest(three), script)).notes).toEqual(['possible_gap']);
    const unknown = { memory: { documentEntries: null }, source: { limit: 3 } };
    expect((await fill(digest(three), unknown)).notes).toEqual(['possible_gap']);
  });

  it('is any document without something known that says itself there are more', async () => {
    const filled = await fill(digest(drafts('x'), { archiveUrl: page(1) }), { memory: { documentEntries: 40 } });
    expect(filled.notes).toEqual(['possible_gap', 'archive_failed:not_found']);
  });

  it('is none where somebody else speaks, whose archives are not read', async () => {
    const formerly = { title: 'Example Herald', site: 'herald.example.org' };
    const continuity = async () => ({ strangers: three, formerly });
    const filled = await fill(digest(three, { archiveUrl: page(1) }), { ports: { continuity } });
    expect(filled).toMatchObject({ ...untouched, formerly });
  });
});

describe('the archives of a publisher', () => {
  const chain = {
    [page(1)]: digest(drafts('t', 'u', 'v'), { archiveUrl: page(2) }),
    [page(2)]: digest(drafts('q', 'r', 's'), { archiveUrl: page(3) }),
    [page(3)]: digest(drafts('n', 'o', 'p'), { archiveUrl: page(4) }),
  };

  it('are read until one holds something known, and what was new stands in the order of time', async () => {
    const filled = await fill(digest(three, { archiveUrl: page(1) }), { archives: chain, known: ['q', 'o'] });
    expect(filled.asked).toEqual([page(1), page(2)]);
    expect(names(filled.history)).toEqual(['r', 's', 't', 'u', 'v']);
    expect(filled.digest.drafts).toEqual(three);
    expect(filled.notes).toEqual(['possible_gap', 'archive_read:2']);
  });

  it('overlap with an entry that is unchanged, too', async () => {
    const archives = { [page(1)]: digest(drafts('w'), { unchanged: ['v'], archiveUrl: page(2) }) };
    const filled = await fill(digest(three, { archiveUrl: page(1) }), { archives });
    expect(filled).toMatchObject({ asked: [page(1)], notes: ['possible_gap', 'archive_read:1'] });
    expect(names(filled.history)).toEqual(['w']);
  });

  it('end where there is no older one', async () => {
    const archives = { [page(1)]: digest(drafts('w')) };
    expect(await fill(digest(three, { archiveUrl: page(1) }), { archives })).toMatchObject({
      asked: [page(1)],
      notes: ['possible_gap', 'archive_read:1'],
    });
  });

  it('are not read for a document that joins on, nor after a first read', async () => {
    const main = digest(three, { archiveUrl: page(1) });
    expect(await fill(main, { archives: chain, known: ['z'] })).toMatchObject(untouched);
    expect(await fill(main, { archives: chain, state: { firstReadDone: false } })).toMatchObject(untouched);
    expect(await fill(main, { archives: chain, memory: { disjointDocuments: 6 } })).toMatchObject(untouched);
  });

  it('are no more than ten', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), digest(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const filled = await fill(digest(three, { archiveUrl: page(0) }), { archives: endless });
    expect(filled.asked).toHaveLength(10);
    expect(filled.history).toHaveLength(10);
    expect(filled.notes).toEqual(['possible_gap', 'archive_read:10', 'archive_limit']);
  });

  it('are followed round no circle', async () => {
    const circle = { [page(1)]: digest(drafts('w'), { archiveUrl: `${page(1)}#again` }) };
    expect(await fill(digest(three, { archiveUrl: page(1) }), { archives: circle })).toMatchObject({
      asked: [page(1)],
      notes: ['possible_gap', 'archive_read:1', 'archive_loop'],
    });
    for (const movedTo of [null, 'https://new.example.org/feed.xml']) {
      const archiveUrl = movedTo ?? `${feedUrl}#top`;
      const filled = await fill(digest(three, { archiveUrl }), { state: { movedTo } });
      expect(filled).toMatchObject({ asked: [], hostPauseMs: null, notes: ['possible_gap', 'archive_loop'] });
    }
  });

  it('are followed round no circle of redirects', async () => {
    const archives = {
      [page(1)]: digest(drafts('w'), { archiveUrl: page(2) }),
      [page(2)]: digest(drafts('v'), { archiveUrl: page(3) }),
    };
    const effectiveUrl = { [page(1)]: page(9), [page(2)]: page(3) };
    const filled = await fill(digest(three, { archiveUrl: page(1) }), { archives, effectiveUrl });
    expect(filled).toMatchObject({ asked: [page(1), page(2)], notes: expect.arrayContaining(['archive_loop']) });
  });

  it('take a minute at most, pauses included', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), digest(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const filled = await fill(digest(three, { archiveUrl: page(0) }), { archives: endless, fetchMs: 14_000 });
    expect(filled.asked).toHaveLength(4);
    expect(filled.notes).toContain('archive_limit');
    const rare = await fill(digest(three, { archiveUrl: page(0) }), {
      archives: endless,
      ports: { hostGapMs: () => 60_001 },
    });
    expect(rare).toMatchObject({ asked: [], slept: [], hostPauseMs: null, notes: ['possible_gap', 'archive_limit'] });
  });

  it('are documents of eight megabytes together, or the one with which they became more', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), digest(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const bytes = 3 * 1024 * 1024;
    const filled = await fill(digest(three, { archiveUrl: page(0) }), { archives: endless, bytes });
    expect(filled.asked).toHaveLength(3);
    expect(filled.notes).toEqual(['possible_gap', 'archive_read:3', 'archive_limit']);
  });

  it('keep what was read before one that cannot be read', async () => {
    const broken = { ...chain, [page(2)]: failed('blocked_address') };
    const filled = await fill(digest(three, { archiveUrl: page(1) }), { archives: broken });
    expect(names(filled.history)).toEqual(['t', 'u', 'v']);
    expect(filled.notes).toEqual(['possible_gap', 'archive_read:1', 'archive_failed:blocked_address']);
    const digestOf = async () => ({ kind: 'unreadable', failure: 'not_feed', detail: 'a page' }) as const;
    const page1 = await fill(digest(three, { archiveUrl: page(1) }), { archives: chain, ports: { digest: digestOf } });
    expect(page1).toMatchObject({ history: [], notes: ['possible_gap', 'archive_failed:not_feed'] });
  });
});

describe('manners towards the host', () => {
  const main = digest(three, { archiveUrl: page(1) });
  const archives = {
    [page(1)]: digest(drafts('w'), { archiveUrl: page(2) }),
    [page(2)]: digest(drafts('v')),
  };

  it('are its pause before every request, and one after the last', async () => {
    expect(await fill(main, { archives })).toMatchObject({ slept: [1000, 1000], hostPauseMs: 1000 });
  });

  it.each([
    [throttled(120_000), 120_000],
    [throttled(null), 60_000],
    [throttled(86_400_000), 900_000],
    [throttled(1), 1000],
    [throttled(120_000, false), 1000],
  ])('are the pause that it asks for: %j', async (answer, hostPauseMs) => {
    const filled = await fill(main, { archives: { ...archives, [page(2)]: answer } });
    expect(filled).toMatchObject({
      hostPauseMs,
      notes: ['possible_gap', 'archive_read:1', 'archive_failed:throttled'],
    });
  });
});

describe('a refresh that reads archives', () => {
  const main = digest(three, { archiveUrl: page(1) });

  it('keeps its lease for long enough', async () => {
    const { leases } = await fill(main);
    expect(leases).toEqual([150_000]);
  });

  it('asks for nothing when the lease is lost', async () => {
    expect(await fill(main, { ports: { keepLease: async () => false } })).toMatchObject({ asked: [], history: [] });
  });

  it('ends when it is told to, in a pause or in a request', async () => {
    const abort = new Error('stopping');
    const sleep = () => Promise.reject(abort);
    await expect(fill(main, { ports: { sleep } })).rejects.toBe(abort);
    await expect(fill(main, { archives: { [page(1)]: abort } })).rejects.toBe(abort);
  });
});
