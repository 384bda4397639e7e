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
const newsRemembered = 20;
/** A smaller document without anything known is a small feed, not a flood. */
const strangeLeastItems = 3;
/** How far back a first read may set the last news: it starts the source at most a quarter of the way down. */
const anchorBackMs = 7 * dayMs;

/**
 * The memory as stored, made safe to count with: fields of an older version filled in, and no instant in the future,
 * since the clock may have been turned back.
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

/** What is left of a pause; null: it is over. Of one that was set before the clock was turned back, the longest. */
export function remainingPause(pause: HostPause, nowMs: number): HostPause | null {
  if (pause.untilMs <= nowMs) return null;
  return { ...pause, untilMs: Math.min(pause.untilMs, nowMs + maxHostPauseMs) };
}

function isAhead(memory: PollHistory, nowMs: number): boolean {
  const { newsAtMs, redirect, goneSinceMs, lastGoodMs, formerly } = memory;
  return [newsAtMs[0], redirect?.sinceMs, goneSinceMs, lastGoodMs, formerly?.untilMs].some((ms) => (ms ?? 0) > nowMs);
}

/** What any good answer does: all trouble is forgotten at once, but a Retry-After that still runs. */
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

/** What an answer without news teaches. */
export function withoutNewItems(memory: PollHistory, nowMs: number): PollHistory {
  return { ...memory, newsStreak: 0, newsAtMs: memory.newsAtMs.length === 0 ? [nowMs] : memory.newsAtMs };
}

/** What a document that was read and stored teaches. */
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
    // For good: guids that look sound again would give every entry another key.
    idsDistrusted: memory.idsDistrusted || notes.includes(idsDistrustedNote),
  };
  if (!at.state.firstReadDone) return { ...learnt, newsAtMs: [anchor(stored, at.nowMs)], newsStreak: 0 };
  if (stored.added === 0) return withoutNewItems({ ...learnt, strangeDocuments: 0 }, at.nowMs);
  const nothingKnown = stored.added >= strangeLeastItems && stored.updated === 0 && unchanged.length === 0;
  const strange = nothingKnown || notes.includes(possibleGapNote);
  return {
    ...learnt,
    newsAtMs: [at.nowMs, ...memory.newsAtMs].slice(0, newsRemembered),
    newsStreak: memory.newsStreak + 1,
    strangeDocuments: strange ? memory.strangeDocuments + 1 : 0,
  };
}

/** A lifetime worth remembering; null: none, or nonsense. */
export function validLifetime(freshForMs: number | null): number | null {
  return freshForMs !== null && freshForMs > 0 && freshForMs < Number.POSITIVE_INFINITY ? freshForMs : null;
}

/**
 * The last news as a first read shows it. Here alone the publisher's dates count, for we know nothing else; they can
 * only slow us down, and only a little.
 */
function anchor(stored: StoredDocument, nowMs: number): number {
  const dates = stored.digest.drafts.map((draft) => draft.publishedMs).filter((ms) => ms !== null);
  if (dates.length === 0) return nowMs;
  const newest = dates.reduce((latest, ms) => Math.max(latest, ms));
  return Math.min(Math.max(newest, nowMs - anchorBackMs), nowMs);
}
