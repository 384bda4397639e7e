import { describe, expect, it } from 'vitest';
import type { NormalisedFeed, Unreadable } from '../src/domain/items/item.ts';
import type { FetchOutcome } from '../src/domain/polling/fetch-outcome.ts';
import type { RefreshResult } from '../src/domain/polling/poll.ts';
import { type Poll, refreshSource, type Stages } from '../src/refresh.ts';
import { aDocument, aFeed, aPollState, aSource } from './support/builders.ts';

const document = aDocument();
const unreadable: Unreadable = { kind: 'unreadable', failure: 'not_feed', detail: 'a page' };
const notModified: FetchOutcome = {
  kind: 'not-modified',
  by: 'status',
  validators: { etag: null, lastModified: null },
  freshnessLifetimeMs: null,
  facts: document.facts,
};

const poll: Poll = {
  source: aSource('example'),
  lease: { sourceId: 'example', token: 't', untilMs: 90_000, declarationHash: 'd' },
  state: aPollState(),
};

function result(outcome: RefreshResult['outcome']): RefreshResult {
  return { sourceId: 'example', outcome, failure: null, added: 0, updated: 0, head: null };
}

/** Stages that record the order of their calls. */
function recordingStages(script: { readonly fetched: FetchOutcome; readonly feed?: NormalisedFeed | Unreadable }): {
  stages: Stages;
  calls: string[];
} {
  const calls: string[] = [];
  const stages: Stages = {
    async fetchSource() {
      calls.push('fetch');
      return script.fetched;
    },
    async normalise(_poll, { body }) {
      calls.push(`normalise ${body.length} bytes`);
      return script.feed ?? aFeed([]);
    },
    async fillGap(_poll, fetched) {
      calls.push('fill gap');
      return { ...fetched, archivedEntries: [], previousIdentity: null, hostPauseMs: null };
    },
    async storeItems() {
      calls.push('store');
      return result('fresh');
    },
    async recordOutcome(_poll, outcome) {
      calls.push(`record ${outcome.kind === 'no-document' ? outcome.outcome.kind : outcome.unreadable.failure}`);
      return result('failed');
    },
  };
  return { stages, calls };
}

const { signal } = new AbortController();

describe('refreshSource', () => {
  it('fetches, normalises, fills a gap and stores, in this order', async () => {
    const { stages, calls } = recordingStages({ fetched: document });
    expect((await refreshSource(stages, poll, signal)).outcome).toBe('fresh');
    expect(calls).toEqual(['fetch', 'normalise 3 bytes', 'fill gap', 'store']);
  });

  it('records an outcome without a document and normalises nothing', async () => {
    const { stages, calls } = recordingStages({ fetched: notModified });
    await refreshSource(stages, poll, signal);
    expect(calls).toEqual(['fetch', 'record not-modified']);
  });

  it('records an unreadable document and stores nothing', async () => {
    const { stages, calls } = recordingStages({ fetched: document, feed: unreadable });
    await refreshSource(stages, poll, signal);
    expect(calls).toEqual(['fetch', 'normalise 3 bytes', 'record not_feed']);
  });

  it('passes an exception of a stage on to the polling loop', async () => {
    const { stages } = recordingStages({ fetched: document });
    const broken = { ...stages, storeItems: () => Promise.reject(new Error('disk full')) };
    await expect(refreshSource(broken, poll, signal)).rejects.toThrow('disk full');
  });
});
