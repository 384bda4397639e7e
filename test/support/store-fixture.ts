import type { LogEvent } from '../../src/domain/events/event.ts';
import type { ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import { noHints } from '../../src/domain/items/parsed-feed.ts';
import { emptyPollHistory, type Lease, type PollResult } from '../../src/domain/polling/poll.ts';
import type { Declarations, Source } from '../../src/domain/polling/source.ts';
import type { Store } from '../../src/store/engine/store.ts';
import type { BatchCounts } from '../../src/store/items/store-batch.ts';
import { type StoreRequest, type StoreResult, storeFeed } from '../../src/store/items/store-items.ts';
import { readEvents } from '../../src/store/log/event-log.ts';
import { declareSources } from '../../src/store/sources/declare-sources.ts';
import { claimSources } from '../../src/store/sources/leases.ts';
import { readPollState } from '../../src/store/sources/source-state.ts';

/** 2026-03-01T12:00:00Z, where every test begins. */
export const noon = Date.UTC(2026, 2, 1, 12);
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A declared source; its feed and its site are on `<id>.example.org`. */
export function source(id: string, over: Partial<Source> = {}): Source {
  const url = over.url ?? `https://${id}.example.org/feed.xml`;
  return {
    id,
    idDeclared: true,
    url,
    hidden: null,
    title: id.toUpperCase(),
    section: 'World',
    intervalMs: null,
    language: null,
    headers: {},
    keep: null,
    drop: null,
    limit: 500,
    republish: 'full',
    trust: { dates: true, ids: true },
    declarationHash: `hash of ${url}`,
    declaredAt: 'sources.yaml:1',
    ...over,
  };
}

/** An entry about `name`: its link is on example.net, which is no source's host. */
export function draft(name: string, over: Partial<ItemDraft> = {}): ItemDraft {
  const title = over.title ?? `Title of ${name}`;
  const summary = over.summary ?? `Summary of ${name}`;
  return {
    entryKey: `guid-${name}`,
    canonicalUrl: `http://example.net/${name}`,
    guid: `guid-${name}`,
    url: `https://example.net/${name}`,
    title,
    summary,
    contentHtml: `<p>Text of ${name}</p>`,
    author: null,
    language: 'en',
    categories: [],
    enclosures: [],
    imageUrl: null,
    publishedMs: noon - hour,
    updatedMs: null,
    contentHash: `${title}|${summary}`,
    ...over,
  };
}

export function digest(drafts: readonly ItemDraft[], over: Partial<NormalisedFeed> = {}): NormalisedFeed {
  return {
    kind: 'digested',
    format: 'rss2',
    feedTitle: null,
    siteUrl: null,
    language: null,
    hints: noHints,
    hubs: [],
    selfUrl: null,
    drafts,
    unchanged: [],
    deleted: [],
    complete: false,
    archiveUrl: null,
    notes: [],
    ...over,
  };
}

export function settlement(over: Partial<PollResult> = {}): PollResult {
  return {
    outcome: 'fresh',
    failure: null,
    detail: null,
    facts: { status: 200, bytes: 1000, durationMs: 50, redirects: 0, notes: [] },
    validators: { etag: '"1"', lastModified: null },
    bodyHash: 'body',
    nextCheckMs: noon,
    nextCheckReason: 'adaptive interval',
    failures: 0,
    firstFailedMs: null,
    goneMs: null,
    movedTo: null,
    hostPauseMs: null,
    history: emptyPollHistory,
    ...over,
  };
}

/** A store with sources that are read by hand, at the times that the test says. */
export class StoreFixture {
  readonly store: Store;
  readonly #sources = new Map<string, Source>();
  readonly pollCounts: BatchCounts[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  async declare(sources: readonly Source[], nowMs = noon): Promise<void> {
    this.#sources.clear();
    for (const one of sources) this.#sources.set(one.id, one);
    await declareSources(this.store, { sources } satisfies Pick<Declarations, 'sources'>, nowMs);
  }

  async claim(id: string, nowMs = noon): Promise<Lease> {
    const [lease] = await claimSources(this.store, { ids: [id], nowMs, leaseMs: 90_000 });
    if (lease === undefined) throw new Error(`${id} could not be claimed`);
    return lease;
  }

  sourceOf(id: string): Source {
    const found = this.#sources.get(id);
    if (found === undefined) throw new Error(`${id} is not declared`);
    return found;
  }

  /** Reads a source once: claims it, stores the document, settles it to be due again at once. */
  async read(
    id: string,
    document: NormalisedFeed | readonly ItemDraft[],
    nowMs = noon,
    over: Partial<StoreRequest> = {},
  ): Promise<StoreResult> {
    const lease = over.lease ?? (await this.claim(id, nowMs));
    const state = await readPollState(this.store.reader, id);
    return storeFeed(this.store, {
      source: over.source ?? this.sourceOf(id),
      lease,
      digest: 'kind' in document ? document : digest(document),
      firstRead: state?.firstReadDone !== true,
      nowMs,
      siteUrl: null,
      settle: (counts) => {
        this.pollCounts.push(counts);
        return settlement({ nextCheckMs: nowMs });
      },
      ...over,
    });
  }

  /** Marks sources as read once before, so that what follows is news and no backfill. */
  async open(...ids: string[]): Promise<void> {
    for (const id of ids) await this.read(id, []);
  }

  events(): Promise<LogEvent[]> {
    return readEvents(this.store.reader, 0, 10_000);
  }
}
