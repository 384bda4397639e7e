import { minuteMs } from '../domain/durations.ts';
import type { ItemDraft, NormalisedFeed, Unreadable } from '../domain/items/item.ts';
import { possibleGapNote } from '../domain/polling/feed-continuity.ts';
import type { FetchedDocument, FetchOutcome } from '../domain/polling/fetch-outcome.ts';
import type { Lease } from '../domain/polling/poll.ts';
import type { FeedToStore, FetchedFeed, Poll, Stages } from '../refresh.ts';
import type { Clock } from '../runtime/clock.ts';
import { isFlood } from '../schedule/rules/adaptive-interval.ts';
import type { Continuity } from '../store/items/stored-continuity.ts';

const mostArchives = 10;
/** For all archives together. */
const withinMs = minuteMs;
/** What the last of them, and then the storing, may take beyond that. */
const leaseMarginMs = 90_000;
/** Of documents whose items are held until they are stored. */
const mostBytes = 8 * 1024 * 1024;
/** A smaller document without anything known is a small feed and no sign of a gap. */
const leastEntries = 3;
/** Notes of a document of which we have not seen all: the rest may be what was known. */
const partial = /^(partial_parse|filtered)(:|$)/;
const usualPauseMs = minuteMs;
const longestPauseMs = 15 * minuteMs;

/** What following archives needs of the other rooms. */
export interface GapFillerOptions {
  readonly clock: Clock;
  /** Between two requests to one host. */
  hostGapMs(): number;
  /** How a document joins on to what its source has shown before. */
  continuity(sourceId: string, digest: NormalisedFeed): Promise<Continuity>;
  /** Reads an address that a document of the source names, without conditions. */
  fetch(poll: Poll, url: string, signal: AbortSignal): Promise<FetchOutcome>;
  digest(poll: Poll, document: FetchedDocument): Promise<NormalisedFeed | Unreadable>;
  /** False: the lease is lost. */
  keepLease(lease: Lease, untilMs: number): Promise<boolean>;
  /** Rejects when the signal is aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<unknown>;
}

/** What archives have brought. */
interface Trail {
  readonly history: readonly ItemDraft[];
  readonly notes: readonly string[];
  readonly hostPauseMs: number | null;
}

const noTrail: Trail = { history: [], notes: [], hostPauseMs: null };

/**
 * Looks whether a document joins on to what its source has shown before. Where it does not, so that news may have come
 * and gone unseen, older documents are read (RFC 5005 sections 3 and 4), newest first, until one holds something
 * known. Nothing is stored before all of it is there: what was stored of a half would hide the gap.
 *
 * A first read has no gap. Archives do not change, so nothing else makes us read them.
 */
export function createGapFiller(ports: GapFillerOptions): Stages['fillGap'] {
  return async (poll, reading, signal) => {
    const { digest } = reading;
    const plain: FeedToStore = { ...reading, history: [], formerly: null, hostPauseMs: null };
    if (!maySayWhatIsKnown(poll, digest)) return plain;
    const { strangers, formerly } = await ports.continuity(poll.source.id, digest);
    if (strangers.length < digest.drafts.length) return plain;
    // Archives of somebody else are not the history of this source.
    if (formerly !== null) return { ...plain, formerly };
    if (!isFull(poll, digest)) return plain;
    const { history, notes, hostPauseMs } =
      digest.archiveUrl === null ? noTrail : await follow(ports, { poll, reading, signal });
    const noted = { ...digest, notes: [...digest.notes, possibleGapNote, ...notes] };
    return { ...plain, digest: noted, history, hostPauseMs };
  };
}

/** Whether a document without anything known would mean something. */
function maySayWhatIsKnown({ source, state }: Poll, digest: NormalisedFeed): boolean {
  if (!state.firstReadDone || source.url.startsWith('file:') || isFlood(state.history)) return false;
  if (digest.drafts.length === 0 || digest.unchanged.length > 0 || digest.complete) return false;
  return !digest.notes.some((note) => partial.test(note));
}

/** Whether older entries may have been pushed out of it: it is as long as ever, or says itself that there are more. */
function isFull({ source, state }: Poll, { drafts, archiveUrl }: NormalisedFeed): boolean {
  if (archiveUrl !== null) return true;
  const { documentEntries } = state.history;
  const most = Math.min(documentEntries ?? source.limit, source.limit);
  return drafts.length >= Math.max(most, leastEntries);
}

interface Start {
  readonly poll: Poll;
  readonly reading: FetchedFeed;
  readonly signal: AbortSignal;
}

async function follow(ports: GapFillerOptions, { poll, reading, signal }: Start): Promise<Trail> {
  const { clock } = ports;
  // A lost lease is found out again when the document is stored.
  if (!(await ports.keepLease(poll.lease, clock.now() + withinMs + leaseMarginMs))) return noTrail;
  const walk = new Walk([poll.source.url, poll.state.movedTo, reading.document.url]);
  const gapMs = ports.hostGapMs();
  const untilMs = clock.monotonic() + withinMs;
  let url = reading.digest.archiveUrl;
  while (url !== null) {
    const bar = walk.barTo(url, untilMs - clock.monotonic() - gapMs);
    if (bar !== null) return walk.end(gapMs, bar);
    walk.ask(url);
    await ports.sleep(gapMs, signal);
    const outcome = await ports.fetch(poll, url, signal);
    if (outcome.kind !== 'fresh') return walk.failed(outcome, gapMs);
    const digest = await ports.digest(poll, outcome);
    if (digest.kind === 'unreadable') return walk.end(gapMs, `archive_failed:${digest.failure}`);
    const { strangers } = await ports.continuity(poll.source.id, digest);
    // Only what is new: an archive may be older than an edit that we have.
    walk.take(outcome, strangers);
    const overlaps = digest.unchanged.length > 0 || strangers.length < digest.drafts.length;
    url = overlaps ? null : digest.archiveUrl;
  }
  return walk.end(gapMs);
}

/** The documents passed on the way back, and what was found in them. */
class Walk {
  readonly #visited: Set<string>;
  readonly #pages: (readonly ItemDraft[])[] = [];
  #bytes = 0;
  #asked = 0;

  constructor(visited: readonly (string | null)[]) {
    this.#visited = new Set(visited.flatMap((url) => (url === null ? [] : [withoutFragment(url)])));
  }

  /** The note that says why this document is not asked for; null: it may be. */
  barTo(url: string, leftMs: number): string | null {
    if (this.#visited.has(withoutFragment(url))) return 'archive_loop';
    const isFarEnough = this.#asked >= mostArchives || this.#bytes > mostBytes || leftMs < 0;
    return isFarEnough ? 'archive_limit' : null;
  }

  ask(url: string): void {
    this.#visited.add(withoutFragment(url));
    this.#asked += 1;
  }

  take({ url, body }: FetchedDocument, strangers: readonly ItemDraft[]): void {
    // Where redirects have led to, too.
    this.#visited.add(withoutFragment(url));
    this.#pages.push(strangers);
    this.#bytes += body.length;
  }

  failed(outcome: Exclude<FetchOutcome, FetchedDocument>, gapMs: number): Trail {
    const why = outcome.kind === 'failed' ? outcome.failure : outcome.kind;
    const asksToWait = outcome.kind === 'throttled' && outcome.hostWide;
    const pauseMs = asksToWait ? Math.min(outcome.retryAfterMs ?? usualPauseMs, longestPauseMs) : gapMs;
    return this.end(Math.max(pauseMs, gapMs), `archive_failed:${why}`);
  }

  end(pauseMs: number, note: string | null = null): Trail {
    const read = this.#pages.length;
    return {
      history: this.#pages.toReversed().flat(),
      notes: [...(read > 0 ? [`archive_read:${read}`] : []), ...(note === null ? [] : [note])],
      hostPauseMs: this.#asked > 0 ? pauseMs : null,
    };
  }
}

function withoutFragment(url: string): string {
  return url.replace(/#.*$/s, '');
}
