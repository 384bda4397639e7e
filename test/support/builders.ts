import type { Item, ItemDraft, NormalisedFeed } from '../../src/domain/items/item.ts';
import { noHints } from '../../src/domain/items/parsed-feed.ts';
import { type FetchedDocument, noValidators } from '../../src/domain/polling/fetch-outcome.ts';
import { emptyPollHistory, type PollResult, type PollState } from '../../src/domain/polling/poll.ts';
import type { Source } from '../../src/domain/polling/source.ts';

/** 2026-03-01T12:00:00Z, the usual start of a test. */
export const noon = Date.UTC(2026, 2, 1, 12);
export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** A declared source; its feed and its site are on `<id>.example.org`. */
export function aSource(id: string, over: Partial<Source> = {}): Source {
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
    listedBy: null,
    ...over,
  };
}

/** An entry about `name`: its link is on example.net, which is no source's host. */
export function anItemDraft(name: string, over: Partial<ItemDraft> = {}): ItemDraft {
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

/** A feed with these entries and nothing else of note. */
export function aFeed(drafts: readonly ItemDraft[], over: Partial<NormalisedFeed> = {}): NormalisedFeed {
  return {
    kind: 'normalised',
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

/** The result of a poll that brought a document. */
export function aPollResult(over: Partial<PollResult> = {}): PollResult {
  return {
    outcome: 'fresh',
    failure: null,
    detail: null,
    facts: { status: 200, bytes: 1000, durationMs: 50, redirects: 0, notes: [] },
    validators: { etag: '"1"', lastModified: null },
    bodyHash: 'body',
    nextCheckMs: noon,
    nextCheckReason: { code: 'adaptive_interval', intervalMs: hour },
    failures: 0,
    firstFailedMs: null,
    goneMs: null,
    movedTo: null,
    hostPauseMs: null,
    history: emptyPollHistory,
    ...over,
  };
}

/** An item as the store returns it, of source `example`. A higher id is a newer item. */
export function anItem(id: number, over: Partial<Item> = {}): Item {
  const publishedMs = Date.UTC(2026, 0, 15, 12, 0) - (1000 - id) * minute;
  return {
    id,
    key: `example.org/news/${id}`,
    url: `https://example.org/news/${id}`,
    title: `Headline ${id}`,
    summary: `Summary of ${id}.`,
    contentHtml: `<p>Text of ${id}.</p>`,
    author: null,
    language: 'en',
    section: 'World',
    source: { id: 'example', title: 'Example', url: 'https://example.org/rss.xml', siteUrl: 'https://example.org/' },
    alsoIn: [],
    sections: ['World'],
    republish: 'full',
    categories: [],
    enclosures: [],
    imageUrl: null,
    publishedMs,
    updatedMs: null,
    firstSeenMs: publishedMs + minute,
    sortMs: publishedMs,
    revision: 1,
    backfill: false,
    withdrawnMs: null,
    withdrawalReason: null,
    ...over,
  };
}

/** The state of a source that was never polled. */
export function aPollState(over: Partial<PollState> = {}): PollState {
  return {
    validators: noValidators,
    bodyHash: null,
    nextCheckMs: 0,
    nextCheckReason: { code: 'never_read' },
    failures: 0,
    firstFailedMs: null,
    firstReadDone: false,
    goneMs: null,
    movedTo: null,
    history: emptyPollHistory,
    ...over,
  };
}

/** A fetched document of three bytes. */
export function aDocument(over: Partial<FetchedDocument> = {}): FetchedDocument {
  return {
    kind: 'fresh',
    body: new Uint8Array([1, 2, 3]),
    contentType: 'text/xml',
    validators: noValidators,
    bodyHash: 'h',
    url: 'https://a.example.org/feed.xml',
    movedTo: null,
    freshnessLifetimeMs: null,
    links: [],
    facts: { status: 200, bytes: 3, durationMs: 1, redirects: 0, notes: [] },
    ...over,
  };
}
