import { setTimeout as sleep } from 'node:timers/promises';
import { minuteMs } from '../../domain/durations.ts';
import type { ItemDraft, NormalisedFeed, Unreadable } from '../../domain/items/item.ts';
import { type ArchiveFailure, hasNote, type Note, note } from '../../domain/notes/note.ts';
import { type FetchedDocument, type FetchOutcome, noValidators } from '../../domain/polling/fetch-outcome.ts';
import type { Lease } from '../../domain/polling/poll.ts';
import type { FeedToStore, FetchedFeed, Poll, Stages } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import { isFlood } from '../../schedule/rules/adaptive-interval.ts';
import { type Continuity, readContinuity } from '../../store/items/known-items.ts';
import { extendLease } from '../../store/sources/leases.ts';
import type { StageDependencies } from './create-stages.ts';

const maxArchives = 10;
/** For all archives of one refresh together. */
const archiveTimeoutMs = minuteMs;
/** The last archive and the storing may take this much longer. */
const leaseMarginMs = 90_000;
/** Size of all archives together. Their entries are in memory until they are stored. */
const maxArchiveBytes = 8 * 1024 * 1024;
/** A shorter document without a known entry is a small feed, not a sign of a gap. */
const minEntries = 3;
const defaultPauseMs = minuteMs;
const maxPauseMs = 15 * minuteMs;

/** What the gap filler calls. `createFillGapStage` connects it with the fetcher and the store. */
export interface GapFillerOptions {
  readonly clock: Clock;
  /** Pause between two requests to one host. */
  hostGapMs(): number;
  /** Compares a document with what is stored of its source. */
  continuity(sourceId: string, feed: NormalisedFeed): Promise<Continuity>;
  /** Fetches a URL that a document of the source names, without conditional headers. */
  fetch(poll: Poll, url: string, signal: AbortSignal): Promise<FetchOutcome>;
  normalise(poll: Poll, document: FetchedDocument): Promise<NormalisedFeed | Unreadable>;
  /** @returns false when the lease is lost. */
  extendLease(lease: Lease, untilMs: number): Promise<boolean>;
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** Builds the stage that fills gaps from the publisher's archives. */
export function createFillGapStage(
  { store, fetcher, clock, hostGapMs }: Pick<StageDependencies, 'store' | 'fetcher' | 'clock' | 'hostGapMs'>,
  normalise: Stages['normalise'],
): Stages['fillGap'] {
  return createGapFiller({
    clock,
    hostGapMs,
    normalise,
    continuity: (sourceId, feed) => readContinuity(store.reader, sourceId, feed),
    // The fetcher sends the operator's headers to the declared origin only.
    fetch: ({ source: { url: declaredUrl, headers } }, url, signal) =>
      fetcher.fetchSource({ url, declaredUrl, headers, validators: noValidators, bodyHash: null }, signal),
    extendLease: (lease, untilMs) => extendLease(store, lease, untilMs),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  });
}

/** What was read from archives. */
interface ArchiveResult {
  readonly entries: readonly ItemDraft[];
  readonly notes: readonly Note[];
  readonly hostPauseMs: number | null;
}

const noArchives: ArchiveResult = { entries: [], notes: [], hostPauseMs: null };

/**
 * Detects a gap: a full document without one entry that its source has shown before, so that entries may have come and
 * gone between two polls. Then reads older documents (RFC 5005 sections 3 and 4), newest first, until one has a known
 * entry. Nothing is stored before all of them are read, because half of the missing entries would hide the gap.
 *
 * A first read has no gap. Archives do not change, so they are not read for any other reason.
 */
export function createGapFiller(options: GapFillerOptions): Stages['fillGap'] {
  return async (poll, fetched, signal) => {
    const { feed } = fetched;
    const withoutGap: FeedToStore = { ...fetched, archivedEntries: [], previousIdentity: null, hostPauseMs: null };
    if (!couldOverlap(poll, feed)) return withoutGap;
    const { unknownEntries, previousIdentity } = await options.continuity(poll.source.id, feed);
    if (unknownEntries.length < feed.drafts.length) return withoutGap;
    // The archives of another publisher are not the history of this source.
    if (previousIdentity !== null) return { ...withoutGap, previousIdentity };
    if (!isFull(poll, feed)) return withoutGap;
    const { entries, notes, hostPauseMs } =
      feed.archiveUrl === null ? noArchives : await readArchives(options, { poll, fetched, signal });
    const noted = { ...feed, notes: [...feed.notes, note('possible_gap'), ...notes] };
    return { ...withoutGap, feed: noted, archivedEntries: entries, hostPauseMs };
  };
}

/** Whether the absence of known entries means something in this document. */
function couldOverlap({ source, state }: Poll, feed: NormalisedFeed): boolean {
  if (!state.firstReadDone || source.url.startsWith('file:') || isFlood(state.history)) return false;
  if (feed.drafts.length === 0 || feed.unchanged.length > 0 || feed.complete) return false;
  // The entries that are left out may be the known ones.
  return !hasNote(feed.notes, 'partial_parse', 'filtered');
}

/** Whether newer entries may have pushed out older ones: the document has its usual length or names an archive. */
function isFull({ source, state }: Poll, { drafts, archiveUrl }: NormalisedFeed): boolean {
  if (archiveUrl !== null) return true;
  const { documentEntries } = state.history;
  const usual = Math.min(documentEntries ?? source.limit, source.limit);
  return drafts.length >= Math.max(usual, minEntries);
}

interface Gap {
  readonly poll: Poll;
  readonly fetched: FetchedFeed;
  readonly signal: AbortSignal;
}

async function readArchives(options: GapFillerOptions, { poll, fetched, signal }: Gap): Promise<ArchiveResult> {
  const { clock } = options;
  // The store stage finds out that the lease is lost.
  if (!(await options.extendLease(poll.lease, clock.now() + archiveTimeoutMs + leaseMarginMs))) return noArchives;
  const chain = new ArchiveChain([poll.source.url, poll.state.movedTo, fetched.document.url]);
  const gapMs = options.hostGapMs();
  const untilMs = clock.monotonic() + archiveTimeoutMs;
  let url = fetched.feed.archiveUrl;
  while (url !== null) {
    const stopNote = chain.stopBefore(url, untilMs - clock.monotonic() - gapMs);
    if (stopNote !== null) return chain.result(gapMs, stopNote);
    chain.addRequest(url);
    await options.sleep(gapMs, signal);
    const outcome = await options.fetch(poll, url, signal);
    if (outcome.kind !== 'fresh') return chain.failed(outcome, gapMs);
    const feed = await options.normalise(poll, outcome);
    if (feed.kind === 'unreadable') return chain.result(gapMs, archiveFailed(feed.failure));
    const { unknownEntries } = await options.continuity(poll.source.id, feed);
    // Known entries are left out: an archive may have them as they were before an edit.
    chain.addPage(outcome, unknownEntries);
    const overlaps = feed.unchanged.length > 0 || unknownEntries.length < feed.drafts.length;
    url = overlaps ? null : feed.archiveUrl;
  }
  return chain.result(gapMs);
}

/** The archives requested so far, from newer to older, and their new entries. */
class ArchiveChain {
  readonly #visited: Set<string>;
  readonly #pages: (readonly ItemDraft[])[] = [];
  #bytes = 0;
  #requests = 0;

  constructor(visited: readonly (string | null)[]) {
    this.#visited = new Set(visited.flatMap((url) => (url === null ? [] : [withoutFragment(url)])));
  }

  /** The note that says why this URL is not requested; null: it may be. */
  stopBefore(url: string, leftMs: number): Note | null {
    if (this.#visited.has(withoutFragment(url))) return note('archive_loop');
    const isExhausted = this.#requests >= maxArchives || this.#bytes > maxArchiveBytes || leftMs < 0;
    return isExhausted ? note('archive_limit') : null;
  }

  addRequest(url: string): void {
    this.#visited.add(withoutFragment(url));
    this.#requests += 1;
  }

  addPage({ url, body }: FetchedDocument, newEntries: readonly ItemDraft[]): void {
    // The URL after redirects, which another archive may link to.
    this.#visited.add(withoutFragment(url));
    this.#pages.push(newEntries);
    this.#bytes += body.length;
  }

  failed(outcome: Exclude<FetchOutcome, FetchedDocument>, gapMs: number): ArchiveResult {
    const reason = outcome.kind === 'failed' ? outcome.failure : outcome.kind;
    const pausesHost = outcome.kind === 'throttled' && outcome.hostWide;
    const pauseMs = pausesHost ? Math.min(outcome.retryAfterMs ?? defaultPauseMs, maxPauseMs) : gapMs;
    return this.result(Math.max(pauseMs, gapMs), archiveFailed(reason));
  }

  result(pauseMs: number, stopNote: Note | null = null): ArchiveResult {
    const read = this.#pages.length;
    return {
      entries: this.#pages.toReversed().flat(),
      notes: [...(read > 0 ? [note('archive_read', read)] : []), ...(stopNote === null ? [] : [stopNote])],
      hostPauseMs: this.#requests > 0 ? pauseMs : null,
    };
  }
}

function archiveFailed(reason: ArchiveFailure): Note {
  return { code: 'archive_failed', count: 1, reason };
}

function withoutFragment(url: string): string {
  return url.replace(/#.*$/s, '');
}
