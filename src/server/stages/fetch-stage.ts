import type { FetchOutcome } from '../../domain/polling/fetch-outcome.ts';
import type { PollState } from '../../domain/polling/poll.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import type { Stages } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NetworkBreaker } from '../../schedule/network-breaker.ts';

export interface FetchStageOptions {
  readonly fetcher: Fetcher;
  readonly breaker: NetworkBreaker;
  readonly clock: Clock;
  /** Called for each document that was fetched. */
  onFetched?(sourceId: string): void;
}

/** Fetches the adopted or declared URL of a source and reports the outcome to the network breaker. */
export function createFetchStage({ fetcher, breaker, clock, onFetched }: FetchStageOptions): Stages['fetchSource'] {
  return async ({ source, state }, signal) => {
    const url = state.movedTo ?? source.url;
    const { validators, bodyHash } = state;
    const force = state.nextCheckReason.code === 'operator';
    const outcome = await fetcher.fetchSource(
      { url, declaredUrl: source.url, headers: source.headers, validators, bodyHash, force },
      signal,
    );
    if (outcome.kind === 'fresh') onFetched?.(source.id);
    if (isEvidence(breaker, state, outcome)) breaker.record(new URL(url).host, outcome, clock.monotonic());
    return outcome;
  };
}

/**
 * Whether an outcome says something about our own network. Once the network has worked, silence counts only from a
 * source that answered its last poll. Otherwise a list of many feeds on hosts that stall would stop all polling.
 */
function isEvidence(breaker: NetworkBreaker, state: PollState, outcome: FetchOutcome): boolean {
  if (outcome.kind !== 'failed' || outcome.facts.status !== null || !breaker.hasBeenUp()) return true;
  return state.firstReadDone && state.failures === 0;
}
