import { defaultItemLimit } from '../../config/schema/source-schema.ts';
import type { ItemDraft, NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import { idsDistrustedNote } from '../../domain/items/normalise-task.ts';
import { type FetchedDocument, type FetchOutcome, noValidators } from '../../domain/polling/fetch-outcome.ts';
import { emptyPollHistory, type PollResult, type PollState } from '../../domain/polling/poll.ts';
import { hubLinks } from '../../domain/websub/websub-topics.ts';
import { nextPollState } from '../../schedule/rules/next-poll-state.ts';
import type { DocumentProcessor } from '../../server/document-processor.ts';
import { assessQuality, type FeedQuality } from './quality.ts';

/** What came of asking a second time with the validators of the first answer. */
export type RevalidationResult =
  /** 304: nothing was sent again. */
  | 'not-modified'
  /** The whole document, and the same. */
  | 'same-again'
  /** The whole document, and another. */
  | 'changed'
  /** No document. */
  | 'failed'
  /** It gave nothing to ask with. */
  | 'not-asked';

/** A feed as the server would take it, without taking it. */
export interface FeedReport {
  /** As it was asked for. */
  readonly url: string;
  readonly readAtMs: number;
  /** The last address of an unbroken run of permanent redirects; null: there was none. */
  readonly movedTo: string | null;
  readonly response: Pick<FetchedDocument, 'url' | 'contentType' | 'validators' | 'freshnessLifetimeMs' | 'facts'>;
  readonly digest: NormalisedFeed;
  readonly quality: FeedQuality;
  /** Whether the server would have to tell the items apart by link or text. */
  readonly idsDistrusted: boolean;
  /** Of header and document. */
  readonly hubs: readonly string[];
  readonly second: RevalidationResult;
  readonly next: Pick<PollResult, 'nextCheckMs' | 'nextCheckReason'>;
  /** Oddities of answer, document and hints. */
  readonly notes: readonly string[];
  /** As they would be stored, the newest first. */
  readonly newest: readonly ItemDraft[];
}

const itemsShown = 5;

/** Reads a document for the first time, as the server would. */
export async function processFirstFetch(
  fetched: FetchedDocument,
  digester: DocumentProcessor,
  nowMs: number,
): Promise<NormalisedFeed | Unreadable> {
  const { body, contentType, url } = fetched;
  const options = {
    url,
    nowMs,
    limit: defaultItemLimit,
    keep: null,
    drop: null,
    language: null,
    trust: { dates: true, ids: true },
    known: {},
  };
  return await digester.digest({ body, contentType, options });
}

/** A document that was read, and how it came. */
export interface ProcessedFetch {
  readonly url: string;
  readonly fetched: FetchedDocument;
  readonly digest: NormalisedFeed;
}

/**
 * All that can be told of a feed.
 *
 * @param askAgain asks for the document once more, with its validators.
 */
export async function reportFeed(
  reading: ProcessedFetch,
  parts: { readonly digester: DocumentProcessor; readonly nowMs: number },
  askAgain: () => Promise<FetchOutcome>,
): Promise<FeedReport | Unreadable> {
  const { url, fetched, digest } = reading;
  const { body, contentType } = fetched;
  const described = await parts.digester.describe({ body, contentType, url: fetched.url });
  if (described.kind === 'unreadable') return described;
  const settlement = settleFirst(reading, parts.nowMs);
  return {
    url,
    readAtMs: parts.nowMs,
    movedTo: fetched.movedTo,
    response: fetched,
    digest,
    quality: assessQuality(described.entries, parts.nowMs),
    idsDistrusted: digest.notes.includes(idsDistrustedNote),
    hubs: hubLinks(fetched.links, digest).hubs,
    second: await secondAnswer(fetched, askAgain),
    next: settlement,
    notes: settlement.facts.notes,
    newest: digest.drafts.toReversed().slice(0, itemsShown),
  };
}

async function secondAnswer(
  { validators }: FetchedDocument,
  askAgain: () => Promise<FetchOutcome>,
): Promise<RevalidationResult> {
  if (validators.etag === null && validators.lastModified === null) return 'not-asked';
  const outcome = await askAgain();
  if (outcome.kind === 'not-modified') return outcome.by === 'status' ? 'not-modified' : 'same-again';
  return outcome.kind === 'fresh' ? 'changed' : 'failed';
}

/** The settlement of a source's very first read, without jitter: no publisher is asked sooner. */
function settleFirst({ url, fetched, digest }: ProcessedFetch, nowMs: number): PollResult {
  return nextPollState({
    source: { url, intervalMs: null },
    state: unread,
    outcome: {
      kind: 'stored',
      fetched,
      feed: digest,
      added: digest.drafts.length,
      updated: 0,
      deferred: 0,
      missingItemIds: [],
      previousIdentity: null,
    },
    nowMs,
    random: () => 0,
  });
}

const unread: PollState = {
  validators: noValidators,
  bodyHash: null,
  nextCheckMs: 0,
  nextCheckReason: '',
  failures: 0,
  firstFailedMs: null,
  firstReadDone: false,
  goneMs: null,
  movedTo: null,
  history: emptyPollHistory,
};
