import { describe, expect, it } from 'vitest';
import type { ItemDraft, NormalisedFeed } from '../../../src/domain/items/item.ts';
import type { Note } from '../../../src/domain/notes/note.ts';
import type { FetchedDocument, FetchOutcome } from '../../../src/domain/polling/fetch-outcome.ts';
import { emptyPollHistory, type PollHistory, type PollState } from '../../../src/domain/polling/poll.ts';
import type { Source } from '../../../src/domain/polling/source.ts';
import type { FeedToStore, Poll } from '../../../src/refresh.ts';
import { createGapFiller, type GapFillerOptions } from '../../../src/server/stages/fill-gap-stage.ts';
import { aDocument, aFeed, anItemDraft, aSource } from '../../support/builders.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { noteOf, notesOf } from '../../support/notes.ts';

const feedUrl = 'https://a.example.org/feed.xml';
const facts = { status: 200, bytes: 3, durationMs: 1, redirects: 0, notes: [] };

function document(url: string, bytes = 3): FetchedDocument {
  return aDocument({ url, body: new Uint8Array(bytes) });
}

function failed(failure: 'blocked_address' | 'not_found'): FetchOutcome {
  return { kind: 'failed', failure, detail: 'it failed', retryAfterMs: null, facts };
}

function throttled(retryAfterMs: number | null, hostWide = true): FetchOutcome {
  return { kind: 'throttled', retryAfterMs, hostWide, facts };
}

function drafts(...names: string[]): ItemDraft[] {
  return names.map((name) => anItemDraft(name));
}

function nameOf({ entryKey }: ItemDraft): string {
  return entryKey.replace('guid-', '');
}

function names(items: readonly ItemDraft[]): string[] {
  return items.map(nameOf);
}

interface Script {
  /** The response at each URL; others are not found. */
  readonly archives?: Readonly<Record<string, NormalisedFeed | FetchOutcome | Error>>;
  /** Names of entries that the source had before. */
  readonly known?: readonly string[];
  readonly history?: Partial<PollHistory>;
  readonly state?: Partial<PollState>;
  readonly source?: Partial<Source>;
  readonly options?: Partial<GapFillerOptions>;
  readonly fetchMs?: number;
  readonly bytes?: number;
  readonly effectiveUrl?: Readonly<Record<string, string>>;
}

/** Runs the stage on a document of a source whose previous document had three entries. */
async function fill(main: NormalisedFeed, script: Script = {}) {
  const clock = createFakeClock();
  const requested: string[] = [];
  const slept: number[] = [];
  const leases: number[] = [];
  const byUrl = new Map<string, NormalisedFeed>();
  const options: GapFillerOptions = {
    clock,
    hostGapMs: () => 1000,
    async continuity(_id, { drafts: all }) {
      return { unknownEntries: all.filter((one) => !script.known?.includes(nameOf(one))), previousIdentity: null };
    },
    async fetch(_poll, url) {
      requested.push(url);
      await clock.advance(script.fetchMs ?? 0);
      const answer = script.archives?.[url] ?? failed('not_found');
      if (answer instanceof Error) throw answer;
      if (answer.kind !== 'normalised') return answer;
      const effective = script.effectiveUrl?.[url] ?? url;
      byUrl.set(effective, answer);
      return document(effective, script.bytes);
    },
    async normalise(_poll, { url }) {
      return byUrl.get(url) ?? { kind: 'unreadable', failure: 'not_feed', detail: 'a page' };
    },
    async extendLease(_lease, untilMs) {
      leases.push(untilMs - clock.now());
      return true;
    },
    async sleep(ms) {
      slept.push(ms);
      await clock.advance(ms);
    },
    ...script.options,
  };
  const history = { ...emptyPollHistory, documentEntries: 3, ...script.history };
  const state = { firstReadDone: true, movedTo: null, ...script.state, history } as PollState;
  const lease = { sourceId: 'a', token: 't', untilMs: clock.now() + 90_000, declarationHash: 'd' };
  const poll: Poll = { source: aSource('a', { url: feedUrl, ...script.source }), lease, state };
  const { signal } = new AbortController();
  const filled = await createGapFiller(options)(poll, { document: document(feedUrl), feed: main }, signal);
  return { ...filled, requested, slept, leases, notes: filled.feed.notes };
}

/** The result without a gap. */
const withoutGap = {
  archivedEntries: [],
  previousIdentity: null,
  hostPauseMs: null,
  notes: [],
  requested: [],
} satisfies Partial<FeedToStore & { notes: Note[]; requested: string[] }>;

const page = (n: number): string => `https://a.example.org/archive/${n}`;
const three = drafts('x', 'y', 'z');

describe('the fill-gap stage, deciding whether there is a gap', () => {
  it('notes a gap for a full document without a known entry', async () => {
    expect(await fill(aFeed(three))).toMatchObject({
      notes: notesOf('possible_gap'),
      requested: [],
      hostPauseMs: null,
    });
    expect(await fill(aFeed(three, { notes: notesOf('dup_guid:2') }))).toMatchObject({
      notes: notesOf('dup_guid:2', 'possible_gap'),
    });
  });

  it.each<[string, NormalisedFeed, Script]>([
    ['a first read', aFeed(three), { state: { firstReadDone: false } }],
    ['a document with an unchanged known entry', aFeed(three, { unchanged: ['w'] }), {}],
    ['a document with an edited known entry', aFeed(three), { known: ['y'] }],
    ['a document shorter than the previous one', aFeed(three), { history: { documentEntries: 4 } }],
    ['a feed of two entries', aFeed(drafts('x', 'y')), { history: { documentEntries: 2 } }],
    ['a document whose predecessor has an unknown length', aFeed(three), { history: { documentEntries: null } }],
    ['an empty document', aFeed([]), { history: { documentEntries: 0 } }],
    ['a complete document (RFC 5005)', aFeed(three, { complete: true }), {}],
    ['a filtered document', aFeed(three, { notes: notesOf('filtered:7') }), {}],
    ['a document that was parsed in part', aFeed(three, { notes: notesOf('partial_parse') }), {}],
    ['a source whose every document is new', aFeed(three), { history: { disjointDocuments: 6 } }],
    ['a local feed', aFeed(three), { source: { url: 'file:///feeds/a.xml' } }],
  ])('notes no gap for %s', async (_what, main, script) => {
    const archived = { ...main, archiveUrl: null };
    expect(await fill(archived, script)).toMatchObject({ ...withoutGap, notes: main.notes });
  });

  it('notes a gap for a document that reaches the item limit, whatever the length of the previous one', async () => {
    const script = { history: { documentEntries: 400 }, source: { limit: 3 } };
    expect((await fill(aFeed(three), script)).notes).toEqual(notesOf('possible_gap'));
    const unknown = { history: { documentEntries: null }, source: { limit: 3 } };
    expect((await fill(aFeed(three), unknown)).notes).toEqual(notesOf('possible_gap'));
  });

  it('notes a gap for a short document without a known entry that links to older ones', async () => {
    const filled = await fill(aFeed(drafts('x'), { archiveUrl: page(1) }), { history: { documentEntries: 40 } });
    expect(filled.notes).toEqual(notesOf('possible_gap', 'archive_failed:not_found'));
  });

  it('notes no gap and reads no archive when another publisher has the URL', async () => {
    const previousIdentity = { title: 'Example Herald', site: 'herald.example.org' };
    const continuity = async () => ({ unknownEntries: three, previousIdentity });
    const filled = await fill(aFeed(three, { archiveUrl: page(1) }), { options: { continuity } });
    expect(filled).toMatchObject({ ...withoutGap, previousIdentity });
  });
});

describe('the fill-gap stage, reading archives', () => {
  const chain = {
    [page(1)]: aFeed(drafts('t', 'u', 'v'), { archiveUrl: page(2) }),
    [page(2)]: aFeed(drafts('q', 'r', 's'), { archiveUrl: page(3) }),
    [page(3)]: aFeed(drafts('n', 'o', 'p'), { archiveUrl: page(4) }),
  };

  it('reads archives until one has a known entry and returns new entries oldest first', async () => {
    const filled = await fill(aFeed(three, { archiveUrl: page(1) }), { archives: chain, known: ['q', 'o'] });
    expect(filled.requested).toEqual([page(1), page(2)]);
    expect(names(filled.archivedEntries)).toEqual(['r', 's', 't', 'u', 'v']);
    expect(filled.feed.drafts).toEqual(three);
    expect(filled.notes).toEqual(notesOf('possible_gap', 'archive_read:2'));
  });

  it('stops at an archive with an unchanged entry', async () => {
    const archives = { [page(1)]: aFeed(drafts('w'), { unchanged: ['v'], archiveUrl: page(2) }) };
    const filled = await fill(aFeed(three, { archiveUrl: page(1) }), { archives });
    expect(filled).toMatchObject({ requested: [page(1)], notes: notesOf('possible_gap', 'archive_read:1') });
    expect(names(filled.archivedEntries)).toEqual(['w']);
  });

  it('stops at an archive that links to no older one', async () => {
    const archives = { [page(1)]: aFeed(drafts('w')) };
    expect(await fill(aFeed(three, { archiveUrl: page(1) }), { archives })).toMatchObject({
      requested: [page(1)],
      notes: notesOf('possible_gap', 'archive_read:1'),
    });
  });

  it('reads no archive for a document without a gap or a first read', async () => {
    const main = aFeed(three, { archiveUrl: page(1) });
    expect(await fill(main, { archives: chain, known: ['z'] })).toMatchObject(withoutGap);
    expect(await fill(main, { archives: chain, state: { firstReadDone: false } })).toMatchObject(withoutGap);
    expect(await fill(main, { archives: chain, history: { disjointDocuments: 6 } })).toMatchObject(withoutGap);
  });

  it('reads ten archives at most', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), aFeed(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const filled = await fill(aFeed(three, { archiveUrl: page(0) }), { archives: endless });
    expect(filled.requested).toHaveLength(10);
    expect(filled.archivedEntries).toHaveLength(10);
    expect(filled.notes).toEqual(notesOf('possible_gap', 'archive_read:10', 'archive_limit'));
  });

  it('stops at a URL it has read, whatever the fragment', async () => {
    const circle = { [page(1)]: aFeed(drafts('w'), { archiveUrl: `${page(1)}#again` }) };
    expect(await fill(aFeed(three, { archiveUrl: page(1) }), { archives: circle })).toMatchObject({
      requested: [page(1)],
      notes: notesOf('possible_gap', 'archive_read:1', 'archive_loop'),
    });
    for (const movedTo of [null, 'https://new.example.org/feed.xml']) {
      const archiveUrl = movedTo ?? `${feedUrl}#top`;
      const filled = await fill(aFeed(three, { archiveUrl }), { state: { movedTo } });
      expect(filled).toMatchObject({
        requested: [],
        hostPauseMs: null,
        notes: notesOf('possible_gap', 'archive_loop'),
      });
    }
  });

  it('stops at an archive that redirects to one it has read', async () => {
    const archives = {
      [page(1)]: aFeed(drafts('w'), { archiveUrl: page(2) }),
      [page(2)]: aFeed(drafts('v'), { archiveUrl: page(3) }),
    };
    const effectiveUrl = { [page(1)]: page(9), [page(2)]: page(3) };
    const filled = await fill(aFeed(three, { archiveUrl: page(1) }), { archives, effectiveUrl });
    expect(filled).toMatchObject({
      requested: [page(1), page(2)],
      notes: expect.arrayContaining(notesOf('archive_loop')),
    });
  });

  it('reads archives for a minute at most, pauses included', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), aFeed(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const filled = await fill(aFeed(three, { archiveUrl: page(0) }), { archives: endless, fetchMs: 14_000 });
    expect(filled.requested).toHaveLength(4);
    expect(filled.notes).toContainEqual(noteOf('archive_limit'));
    const rare = await fill(aFeed(three, { archiveUrl: page(0) }), {
      archives: endless,
      options: { hostGapMs: () => 60_001 },
    });
    expect(rare).toMatchObject({
      requested: [],
      slept: [],
      hostPauseMs: null,
      notes: notesOf('possible_gap', 'archive_limit'),
    });
  });

  it('stops after the archive with which the size passes 8 MB', async () => {
    const endless = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [page(n), aFeed(drafts(`e${n}`), { archiveUrl: page(n + 1) })]),
    );
    const bytes = 3 * 1024 * 1024;
    const filled = await fill(aFeed(three, { archiveUrl: page(0) }), { archives: endless, bytes });
    expect(filled.requested).toHaveLength(3);
    expect(filled.notes).toEqual(notesOf('possible_gap', 'archive_read:3', 'archive_limit'));
  });

  it('keeps the entries of archives before one that fails', async () => {
    const broken = { ...chain, [page(2)]: failed('blocked_address') };
    const filled = await fill(aFeed(three, { archiveUrl: page(1) }), { archives: broken });
    expect(names(filled.archivedEntries)).toEqual(['t', 'u', 'v']);
    expect(filled.notes).toEqual(notesOf('possible_gap', 'archive_read:1', 'archive_failed:blocked_address'));
    const normalise = async () => ({ kind: 'unreadable', failure: 'not_feed', detail: 'a page' }) as const;
    const page1 = await fill(aFeed(three, { archiveUrl: page(1) }), { archives: chain, options: { normalise } });
    expect(page1).toMatchObject({ archivedEntries: [], notes: notesOf('possible_gap', 'archive_failed:not_feed') });
  });
});

describe('the fill-gap stage, pausing between requests', () => {
  const main = aFeed(three, { archiveUrl: page(1) });
  const archives = {
    [page(1)]: aFeed(drafts('w'), { archiveUrl: page(2) }),
    [page(2)]: aFeed(drafts('v')),
  };

  it('pauses before every request and after the last', async () => {
    expect(await fill(main, { archives })).toMatchObject({ slept: [1000, 1000], hostPauseMs: 1000 });
  });

  it.each([
    [throttled(120_000), 120_000],
    [throttled(null), 60_000],
    [throttled(86_400_000), 900_000],
    [throttled(1), 1000],
    [throttled(120_000, false), 1000],
  ])('reads the pause of the host from %j', async (answer, hostPauseMs) => {
    const filled = await fill(main, { archives: { ...archives, [page(2)]: answer } });
    expect(filled).toMatchObject({
      hostPauseMs,
      notes: notesOf('possible_gap', 'archive_read:1', 'archive_failed:throttled'),
    });
  });
});

describe('the fill-gap stage and the lease', () => {
  const main = aFeed(three, { archiveUrl: page(1) });

  it('extends the lease before it reads archives', async () => {
    const { leases } = await fill(main);
    expect(leases).toEqual([150_000]);
  });

  it('requests nothing when the lease is lost', async () => {
    expect(await fill(main, { options: { extendLease: async () => false } })).toMatchObject({
      requested: [],
      archivedEntries: [],
    });
  });

  it('stops in a pause or a request when it is aborted', async () => {
    const abort = new Error('stopping');
    const sleep = () => Promise.reject(abort);
    await expect(fill(main, { options: { sleep } })).rejects.toBe(abort);
    await expect(fill(main, { archives: { [page(1)]: abort } })).rejects.toBe(abort);
  });
});
