import { dayMs } from '../../domain/durations.ts';
import { hasNote } from '../../domain/notes/note.ts';
import {
  emptyPollHistory,
  type HostPause,
  maxHostPauseMs,
  type PollHistory,
  type PollState,
} from '../../domain/polling/poll.ts';
import { storableHints } from './feed-hints.ts';
import type { StoredDocument } from './refresh-outcome.ts';

export const maxRetryAfterMs = 7 * dayMs;
const maxNewItemsTimes = 20;
/** A smaller document without a known item is a small feed, not a flood. */
const disjointMinItems = 3;
/** How far back a first read may set the time of the last new item: it limits the first interval to a quarter of a day. */
const maxInitialAgeMs = 7 * dayMs;

/**
 * The stored history made safe to compute with: missing fields are filled in, and no past event lies in the future,
 * since the clock may have been set back.
 */
export function sanitisedHistory(stored: PollHistory, nowMs: number): PollHistory {
  const filled: PollHistory = { ...emptyPollHistory, ...stored };
  const history =
    filled.hostPause === null ? filled : { ...filled, hostPause: remainingPause(filled.hostPause, nowMs) };
  const latestMs = nowMs + maxRetryAfterMs;
  if (!isAhead(history, nowMs) && (history.retryAfterUntilMs ?? 0) <= latestMs) return history;
  const past = (ms: number | null): number | null => (ms === null ? null : Math.min(ms, nowMs));
  return {
    ...history,
    newItemsAtMs: history.newItemsAtMs.map((ms) => Math.min(ms, nowMs)),
    retryAfterUntilMs: history.retryAfterUntilMs === null ? null : Math.min(history.retryAfterUntilMs, latestMs),
    redirectCandidate:
      history.redirectCandidate === null
        ? null
        : { ...history.redirectCandidate, sinceMs: Math.min(history.redirectCandidate.sinceMs, nowMs) },
    goneSinceMs: past(history.goneSinceMs),
    previousIdentity:
      history.previousIdentity === null
        ? null
        : { ...history.previousIdentity, untilMs: Math.min(history.previousIdentity.untilMs, nowMs) },
    lastSuccessMs: past(history.lastSuccessMs),
  };
}

/** The rest of a pause; null: it is over. Limited to the maximum, since the clock may have been set back meanwhile. */
export function remainingPause(pause: HostPause, nowMs: number): HostPause | null {
  if (pause.untilMs <= nowMs) return null;
  return { ...pause, untilMs: Math.min(pause.untilMs, nowMs + maxHostPauseMs) };
}

function isAhead(history: PollHistory, nowMs: number): boolean {
  const { newItemsAtMs, redirectCandidate: redirect, goneSinceMs, lastSuccessMs, previousIdentity } = history;
  return [newItemsAtMs[0], redirect?.sinceMs, goneSinceMs, lastSuccessMs, previousIdentity?.untilMs].some(
    (ms) => (ms ?? 0) > nowMs,
  );
}

/** The history after any successful poll: resets all failure counters, but keeps a Retry-After that still applies. */
export function afterSuccess(history: PollHistory, nowMs: number): PollHistory {
  return {
    ...history,
    retryAfterUntilMs:
      history.retryAfterUntilMs !== null && history.retryAfterUntilMs > nowMs ? history.retryAfterUntilMs : null,
    consecutiveTimeouts: 0,
    goneSinceMs: null,
    lostLeases: 0,
    lastSuccessMs: nowMs,
    dead: false,
  };
}

/** The history after a successful poll without new items. */
export function withoutNewItems(history: PollHistory, nowMs: number): PollHistory {
  return {
    ...history,
    newItemsStreak: 0,
    newItemsAtMs: history.newItemsAtMs.length === 0 ? [nowMs] : history.newItemsAtMs,
  };
}

/** The history after a document was read and stored. */
export function withDocument(
  history: PollHistory,
  stored: StoredDocument,
  at: { state: PollState; nowMs: number },
): PollHistory {
  const { drafts, unchanged, notes } = stored.feed;
  const learned: PollHistory = {
    ...history,
    missingItemIds: stored.missingItemIds,
    documentEntries: drafts.length + unchanged.length,
    previousIdentity:
      stored.previousIdentity === null ? history.previousIdentity : { ...stored.previousIdentity, untilMs: at.nowMs },
    freshnessLifetimeMs: validLifetime(stored.fetched.freshnessLifetimeMs),
    hints: storableHints(stored.feed.hints),
    unchangedBodies: 0,
    // Permanent: trusting the guids again would change the key of every entry.
    idsDistrusted: history.idsDistrusted || hasNote(notes, 'ids_distrusted'),
  };
  if (!at.state.firstReadDone)
    return { ...learned, newItemsAtMs: [initialNewItemsMs(stored, at.nowMs)], newItemsStreak: 0 };
  if (stored.added === 0) return withoutNewItems({ ...learned, disjointDocuments: 0 }, at.nowMs);
  const hasNoKnownItem = stored.added >= disjointMinItems && stored.updated === 0 && unchanged.length === 0;
  const isDisjoint = hasNoKnownItem || hasNote(notes, 'possible_gap');
  return {
    ...learned,
    newItemsAtMs: [at.nowMs, ...history.newItemsAtMs].slice(0, maxNewItemsTimes),
    newItemsStreak: history.newItemsStreak + 1,
    disjointDocuments: isDisjoint ? history.disjointDocuments + 1 : 0,
  };
}

/** A positive, finite lifetime; null otherwise. */
export function validLifetime(freshnessLifetimeMs: number | null): number | null {
  return freshnessLifetimeMs !== null && freshnessLifetimeMs > 0 && freshnessLifetimeMs < Number.POSITIVE_INFINITY
    ? freshnessLifetimeMs
    : null;
}

/**
 * The time of the last new item, estimated from a first read. Only here the publisher's dates count, since nothing else
 * is known; they can only lengthen the interval, and only within limits.
 */
function initialNewItemsMs(stored: StoredDocument, nowMs: number): number {
  const dates = stored.feed.drafts.map((draft) => draft.publishedMs).filter((ms) => ms !== null);
  if (dates.length === 0) return nowMs;
  const newest = dates.reduce((latest, ms) => Math.max(latest, ms));
  return Math.min(Math.max(newest, nowMs - maxInitialAgeMs), nowMs);
}
