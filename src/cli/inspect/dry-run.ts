import { defaultItemLimit } from '../../config/schema/source-schema.ts';
import type { ItemDraft, NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import { hasNote, type Note } from '../../domain/notes/note.ts';
import { type FetchedDocument, type FetchOutcome, noValidators } from '../../domain/polling/fetch-outcome.ts';
import { type NormaliseSettings, normaliseOptions } from '../../domain/polling/normalise-options.ts';
import { emptyPollHistory, type PollResult, type PollState } from '../../domain/polling/poll.ts';
import { hubLinks } from '../../domain/websub/websub-topics.ts';
import { nextPollState } from '../../schedule/rules/next-poll-state.ts';
import type { DocumentProcessor } from '../../server/stages/document-processor.ts';
import { assessQuality, type FeedQuality } from './quality.ts';

/** Result of a second, conditional request with the validators of the first response. */
export type RevalidationResult =
  /** 304. */
  | 'not-modified'
  | 'same-again'
  /** Another document. */
  | 'changed'
  | 'failed'
  /** The first response had no validators. */
  | 'not-asked';

/** How the server would process a feed, without storing it. */
export interface FeedReport {
  /** As requested. */
  readonly url: string;
  readonly readAtMs: number;
  /** Target of an unbroken chain of permanent redirects; null: none. */
  readonly movedTo: string | null;
  readonly response: Pick<FetchedDocument, 'url' | 'contentType' | 'validators' | 'freshnessLifetimeMs' | 'facts'>;
  readonly normalised: NormalisedFeed;
  readonly quality: FeedQuality;
  /** Whether the server would identify the items by link or text instead of by id. */
  readonly idsDistrusted: boolean;
  /** From the Link header and the document. */
  readonly hubs: readonly string[];
  readonly revalidation: RevalidationResult;
  readonly next: Pick<PollResult, 'nextCheckMs' | 'nextCheckReason'>;
  /** Notes on the response, the document and its hints. */
  readonly notes: readonly Note[];
  /** As they would be stored, newest first. */
  readonly newest: readonly ItemDraft[];
}

const itemsShown = 5;

/** Processes a document as the server does on the first read. */
export async function processFirstFetch(
  fetched: FetchedDocument,
  processor: Pick<DocumentProcessor, 'normalise'>,
  about: { readonly nowMs: number; readonly settings?: NormaliseSettings },
): Promise<NormalisedFeed | Unreadable> {
  const { body, contentType, url } = fetched;
  const { nowMs, settings = defaultSettings } = about;
  const options = normaliseOptions(settings, { url, nowMs, idsDistrusted: false, known: {} });
  return await processor.normalise({ body, contentType, options });
}

/** The settings of a source that declares nothing but its URL. */
const defaultSettings: NormaliseSettings = {
  hidden: null,
  keep: null,
  drop: null,
  language: null,
  limit: defaultItemLimit,
  trust: { dates: true, ids: true },
};

/** A response and its processed document. */
export interface ProcessedFetch {
  readonly url: string;
  readonly fetched: FetchedDocument;
  readonly normalised: NormalisedFeed;
}

/**
 * Collects the report of a feed.
 *
 * @param revalidate requests the document again, with its validators.
 */
export async function reportFeed(
  processed: ProcessedFetch,
  parts: { readonly processor: DocumentProcessor; readonly nowMs: number },
  revalidate: () => Promise<FetchOutcome>,
): Promise<FeedReport | Unreadable> {
  const { url, fetched, normalised } = processed;
  const { body, contentType } = fetched;
  const described = await parts.processor.describe({ body, contentType, url: fetched.url });
  if (described.kind === 'unreadable') return described;
  const pollResult = firstPollResult(processed, parts.nowMs);
  return {
    url,
    readAtMs: parts.nowMs,
    movedTo: fetched.movedTo,
    response: fetched,
    normalised,
    quality: assessQuality(described.entries, parts.nowMs),
    idsDistrusted: hasNote(normalised.notes, 'ids_distrusted'),
    hubs: hubLinks(fetched.links, normalised).hubs,
    revalidation: await revalidateOnce(fetched, revalidate),
    next: pollResult,
    notes: pollResult.facts.notes,
    newest: normalised.drafts.toReversed().slice(0, itemsShown),
  };
}

async function revalidateOnce(
  { validators }: FetchedDocument,
  revalidate: () => Promise<FetchOutcome>,
): Promise<RevalidationResult> {
  if (validators.etag === null && validators.lastModified === null) return 'not-asked';
  const outcome = await revalidate();
  if (outcome.kind === 'not-modified') return outcome.by === 'status' ? 'not-modified' : 'same-again';
  return outcome.kind === 'fresh' ? 'changed' : 'failed';
}

/** The result of a source's first read, without jitter, which only delays the next poll. */
function firstPollResult({ url, fetched, normalised }: ProcessedFetch, nowMs: number): PollResult {
  return nextPollState({
    source: { url, intervalMs: null },
    state: initialState,
    outcome: {
      kind: 'stored',
      fetched,
      feed: normalised,
      added: normalised.drafts.length,
      updated: 0,
      deferred: 0,
      missingItemIds: [],
      previousIdentity: null,
    },
    nowMs,
    random: () => 0,
  });
}

const initialState: PollState = {
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
};
