import { dayMs } from '../../domain/durations.ts';
import { idsDistrustedNote } from '../../domain/items/normalise-task.ts';
import { possibleGapNote } from '../../domain/polling/feed-continuity.ts';
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
  const memory = filled.hostPause === null ? filled : { ...filled, hostPause: remainingPause(filled.hostPause, nowMs) };
  const latestMs = nowMs + maxRetryAfterMs;
  if (!isAhead(memory, nowMs) && (memory.retryUntilMs ?? 0) <= latestMs) return memory;
  const past = (ms: number | null): number | null => (ms === null ? null : Math.min(ms, nowMs));
  return {
    ...memory,
    newsAtMs: memory.newsAtMs.map((ms) => Math.min(ms, nowMs)),
    retryUntilMs: memory.retryUntilMs === null ? null : Math.min(memory.retryUntilMs, latestMs),
    redirect:
      memory.redirect === null ? null : { ...memory.redirect, sinceMs: Math.min(memory.redirect.sinceMs, nowMs) },
    goneSinceMs: past(memory.goneSinceMs),
    formerly:
      memory.formerly === null ? null : { ...memory.formerly, untilMs: Math.min(memory.formerly.untilMs, nowMs) },
    lastGoodMs: past(memory.lastGoodMs),
  };
}

/** The rest of a pause; null: it is over. Limited to the maximum, since the clock may have been set back meanwhile. */
export function remainingPause(pause: HostPause, nowMs: number): HostPause | null {
  if (pause.untilMs <= nowMs) return null;
  return { ...pause, untilMs: Math.min(pause.untilMs, nowMs + maxHostPauseMs) };
}

function isAhead(memory: PollHistory, nowMs: number): boolean {
  const { newsAtMs, redirect, goneSinceMs, lastGoodMs, formerly } = memory;
  return [newsAtMs[0], redirect?.sinceMs, goneSinceMs, lastGoodMs, formerly?.untilMs].some((ms) => (ms ?? 0) > nowMs);
}

/** The history after any successful poll: resets all failure counters, but keeps a Retry-After that still applies. */
export function afterSuccess(memory: PollHistory, nowMs: number): PollHistory {
  return {
    ...memory,
    retryUntilMs: memory.retryUntilMs !== null && memory.retryUntilMs > nowMs ? memory.retryUntilMs : null,
    slowStrikes: 0,
    goneSinceMs: null,
    lostLeases: 0,
    lastGoodMs: nowMs,
    dead: false,
  };
}

/** The history after a successful poll without new items. */
export function withoutNewItems(memory: PollHistory, nowMs: number): PollHistory {
  return { ...memory, newsStreak: 0, newsAtMs: memory.newsAtMs.length === 0 ? [nowMs] : memory.newsAtMs };
}

/** The history after a document was read and stored. */
export function withDocument(
  memory: PollHistory,
  stored: StoredDocument,
  at: { state: PollState; nowMs: number },
): PollHistory {
  const { drafts, unchanged, notes } = stored.digest;
  const learnt: PollHistory = {
    ...memory,
    missing: stored.missing,
    documentEntries: drafts.length + unchanged.length,
    formerly: stored.formerly === null ? memory.formerly : { ...stored.formerly, untilMs: at.nowMs },
    freshForMs: validLifetime(stored.fetched.freshForMs),
    hints: storableHints(stored.digest.hints),
    repeatedBodies: 0,
    // Permanent: trusting the guids again would change the key of every entry.
    idsDistrusted: memory.idsDistrusted || notes.includes(idsDistrustedNote),
  };
  if (!at.state.firstReadDone) return { ...learnt, newsAtMs: [initialNewItemsMs(stored, at.nowMs)], newsStreak: 0 };
  if (stored.added === 0) return withoutNewItems({ ...learnt, strangeDocuments: 0 }, at.nowMs);
  const hasNoKnownItem = stored.added >= disjointMinItems && stored.updated === 0 && unchanged.length === 0;
  const isDisjoint = hasNoKnownItem || notes.includes(possibleGapNote);
  return {
    ...learnt,
    newsAtMs: [at.nowMs, ...memory.newsAtMs].slice(0, maxNewItemsTimes),
    newsStreak: memory.newsStreak + 1,
    strangeDocuments: isDisjoint ? memory.strangeDocuments + 1 : 0,
  };
}

/** A positive, finite lifetime; null otherwise. */
export function validLifetime(freshForMs: number | null): number | null {
  return freshForMs !== null && freshForMs > 0 && freshForMs < Number.POSITIVE_INFINITY ? freshForMs : null;
}

/**
 * The time of the last new item, estimated from a first read. Only here the publisher's dates count, since nothing else
 * is known; they can only lengthen the interval, and only within limits.
 */
function initialNewItemsMs(stored: StoredDocument, nowMs: number): number {
  const dates = stored.digest.drafts.map((draft) => draft.publishedMs).filter((ms) => ms !== null);
  if (dates.length === 0) return nowMs;
  const newest = dates.reduce((latest, ms) => Math.max(latest, ms));
  return Math.min(Math.max(newest, nowMs - maxInitialAgeMs), nowMs);
}
