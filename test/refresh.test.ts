import { describe, expect, it } from 'vitest';
import type { NormalisedFeed, Unreadable } from '../src/domain/items/item.ts';
import type { FetchedDocument, FetchOutcome } from '../src/domain/polling/fetch-outcome.ts';
import { emptyPollHistory, type RefreshResult } from '../src/domain/polling/poll.ts';
import { type Poll, refreshSource, type Stages } from '../src/refresh.ts';

const facts = { status: 200, bytes: 3, durationMs: 1, redirects: 0, notes: [] };

const document: FetchedDocument = {
  kind: 'fresh',
  body: new Uint8Array([1, 2, 3]),
  contentType: 'text/xml',
  validators: { etag: '"a"', lastModified: null },
  bodyHash: 'h',
  url: 'https://example.org/rss.xml',
  movedTo: null,
  freshnessLifetimeMs: null,
  links: [],
  facts,
};

const digest = { kind: 'digested', drafts: [] } as unknown as NormalisedFeed;
const unreadable: Unreadable = { kind: 'unreadable', failure: 'not_feed', detail: 'a page' };
const notModified: FetchOutcome = {
  kind: 'not-modified',
  by: 'status',
  validators: { etag: null, lastModified: null },
  freshnessLifetimeMs: null,
  facts,
};

const poll: Poll = {
  source: {
    id: 'example',
    idDeclared: true,
    url: 'https://example.org/rss.xml',
    hidden: null,
    title: null,
    section: 'World',
    intervalMs: null,
    language: null,
    headers: {},
    keep: null,
    drop: null,
    limit: 500,
    republish: 'full',
    trust: { dates: true, ids: true },
    declarationHash: 'd',
    declaredAt: 'sources.yaml:2',
  },
  lease: { sourceId: 'example', token: 't', untilMs: 90_000, declarationHash: 'd' },
  state: {
    validators: { etag: null, lastModified: null },
    bodyHash: null,
    nextCheckMs: 0,
    nextCheckReason: 'never read',
    failures: 0,
    firstFailedMs: null,
    firstReadDone: false,
    goneMs: null,
    movedTo: null,
    history: emptyPollHistory,
  },
};

const result = (outcome: RefreshResult['outcome'], head: number | null): RefreshResult => ({
  sourceId: 'example',
  outcome,
  failure: null,
  added: 0,
  updated: 0,
  head,
});

/** Stages that write down the order in which they are called. */
function stagesOf(script: {
  readonly fetched: FetchOutcome;
  readonly digest?: NormalisedFeed | Unreadable;
  readonly head?: number | null;
}): { stages: Stages; calls: string[] } {
  const calls: string[] = [];
  const stages: Stages = {
    async fetchSource() {
      calls.push('fetch');
      return script.fetched;
    },
    async digest(_poll, { body }) {
      calls.push(`digest ${body.length} bytes`);
      return script.digest ?? digest;
    },
    async fillGap(_poll, reading) {
      calls.push('fill gap');
      return { ...reading, history: [], formerly: null, hostPauseMs: null };
    },
    async recordOutcome(_poll, answer) {
      calls.push(`record ${answer.kind}`);
      return result('not-modified', null);
    },
    async recordUnreadable(_poll, _document, { failure }) {
      calls.push(`record ${failure}`);
      return result('failed', null);
    },
    async storeItems() {
      calls.push('store');
      return result('fresh', script.head ?? null);
    },
    ring(head) {
      calls.push(`ring ${head}`);
    },
  };
  return { stages, calls };
}

const { signal } = new AbortController();

describe('refreshSource', () => {
  it('fetches, digests, fills a gap, stores and then rings with the head of the log', async () => {
    const { stages, calls } = stagesOf({ fetched: document, head: 12 });
    expect((await refreshSource(stages, poll, signal)).outcome).toBe('fresh');
    expect(calls).toEqual(['fetch', 'digest 3 bytes', 'fill gap', 'store', 'ring 12']);
  });

  it('does not ring when no event was written', async () => {
    const { stages, calls } = stagesOf({ fetched: document, head: null });
    await refreshSource(stages, poll, signal);
    expect(calls.at(-1)).toBe('store');
  });

  it('records what is no document, and digests nothing', async () => {
    const { stages, calls } = stagesOf({ fetched: notModified });
    await refreshSource(stages, poll, signal);
    expect(calls).toEqual(['fetch', 'record not-modified']);
  });

  it('records a document that cannot be read, and stores nothing', async () => {
    const { stages, calls } = stagesOf({ fetched: document, digest: unreadable });
    await refreshSource(stages, poll, signal);
    expect(calls).toEqual(['fetch', 'digest 3 bytes', 'record not_feed']);
  });

  it('lets a fault of ours through to the loop that called', async () => {
    const { stages } = stagesOf({ fetched: document });
    const broken = { ...stages, storeItems: () => Promise.reject(new Error('disk full')) };
    await expect(refreshSource(broken, poll, signal)).rejects.toThrow('disk full');
  });
});
