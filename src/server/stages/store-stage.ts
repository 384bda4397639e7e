import type { Stages } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Store } from '../../store/engine/store.ts';
import { storeFeed } from '../../store/items/store-items.ts';
import { droppedRefresh, type PollResultOf, toRefreshResult } from './record-stage.ts';

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
