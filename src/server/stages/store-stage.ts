import type { Lease, PollResult, RefreshResult } from '../../domain/polling/poll.ts';
import type { Poll, Stages } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NetworkBreaker } from '../../schedule/network-breaker.ts';
import { nextPollState } from '../../schedule/rules/next-poll-state.ts';
import type { RefreshOutcome } from '../../schedule/rules/refresh-outcome.ts';
import type { Store } from '../../store/engine/store.ts';
import { storeFeed } from '../../store/items/store-items.ts';
import { recordPoll } from '../../store/sources/leases.ts';

/** What the result of a poll depends on, beside its source and its outcome. */
export interface PollResultOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly breaker: NetworkBreaker;
  /** Duration of one round over all sources of a URL's host, with the host's pause between requests. */
  hostCycleMs(url: string): number;
  /** Factor on adaptive intervals: above 1 while the schedule is late, and where a hub pushes reliably. */
  intervalMultiplier(sourceId: string): number;
}

/** The state that a poll leaves on its source. */
export type PollResultOf = (poll: Pick<Poll, 'source' | 'state'>, outcome: RefreshOutcome) => PollResult;

/** Computes poll results by the rules of `schedule/rules`. */
export function createPollResultOf(options: PollResultOptions): PollResultOf {
  const { clock, random, breaker, hostCycleMs, intervalMultiplier } = options;
  return ({ source, state }, outcome) =>
    nextPollState({
      source,
      state,
      outcome,
      nowMs: clock.now(),
      random,
      isNetworkDown: breaker.isOpen(),
      hostCycleMs: hostCycleMs(source.url),
      intervalMultiplier: intervalMultiplier(source.id),
    });
}

/** Records polls that brought no feed. */
export function createRecordStage(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  pollResultOf: PollResultOf,
): Stages['recordOutcome'] {
  return async (poll, outcome) => {
    const result = pollResultOf(poll, outcome);
    const isWritten = await recordPoll(store, poll.lease, result, clock.now());
    return isWritten ? toRefreshResult(poll.lease, result, noChanges) : droppedRefresh(poll.lease);
  };
}

type Changes = Pick<RefreshResult, 'added' | 'updated' | 'head'>;

const noChanges: Changes = { added: 0, updated: 0, head: null };

/** A recorded poll, as the polling loop, logs and metrics see it. */
function toRefreshResult(lease: Lease, result: PollResult, { added, updated, head }: Changes): RefreshResult {
  const { outcome, failure, detail, hostPauseMs } = result;
  return { sourceId: lease.sourceId, outcome, failure, detail, added, updated, head, hostPauseMs };
}

/** The lease was lost, or the source edited or removed, during the refresh: nothing was written. */
export function droppedRefresh(lease: Lease): RefreshResult {
  return { sourceId: lease.sourceId, outcome: 'dropped', failure: null, ...noChanges };
}

export interface StoreStageOptions {
  readonly store: Store;
  readonly clock: Clock;
  /** Called with the head of the event log after each commit that wrote events. */
  notify(head: number): void;
}

/** Stores feeds with the result of their poll. */
export function createStoreStage(
  { store, clock, notify }: StoreStageOptions,
  pollResultOf: PollResultOf,
): Stages['storeItems'] {
  return async (poll, { document, feed, archivedEntries, previousIdentity, hostPauseMs }) => {
    const stored = await storeFeed(store, {
      lease: poll.lease,
      feed: { ...feed, drafts: [...archivedEntries, ...feed.drafts] },
      firstRead: !poll.state.firstReadDone,
      nowMs: clock.now(),
      toPollResult: ({ missing, ...counts }) =>
        pollResultOf(poll, {
          kind: 'stored',
          fetched: document,
          feed,
          previousIdentity,
          missingItemIds: missing,
          ...counts,
        }),
      onCommit: notify,
    });
    if (stored.kind !== 'stored') return droppedRefresh(poll.lease);
    const result = toRefreshResult(poll.lease, stored.pollResult, stored);
    // Requests to archives are unknown to the polling loop, which spaces the requests to a host.
    return hostPauseMs === null ? result : { ...result, hostPauseMs: Math.max(hostPauseMs, result.hostPauseMs ?? 0) };
  };
}
