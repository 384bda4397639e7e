import { setTimeout as sleep } from 'node:timers/promises';
import { maskUrlText } from '../../domain/masking.ts';
import { type FetchOutcome, noValidators } from '../../domain/polling/fetch-outcome.ts';
import { maskedDocument, maskedPollResult, unmaskedState } from '../../domain/polling/masked-state.ts';
import type { Lease, PollResult, PollState, RefreshResult } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { hubLinks } from '../../domain/websub/websub-topics.ts';
import type { Fetcher } from '../../fetch/fetch-source.ts';
import { type FeedToStore, type Poll, refreshSource, type Stages } from '../../refresh.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { NetworkBreaker } from '../../schedule/network-breaker.ts';
import { nextPollState } from '../../schedule/rules/next-poll-state.ts';
import type { RefreshOutcome } from '../../schedule/rules/refresh-outcome.ts';
import type { Store } from '../../store/engine/store.ts';
import { storeFeed } from '../../store/items/store-items.ts';
import { readContinuity } from '../../store/items/stored-continuity.ts';
import { extendLease, recordPoll } from '../../store/sources/leases.ts';
import { askedByOperator, knownHashes, readPollState } from '../../store/sources/source-state.ts';
import type { DocumentProcessor } from '../document-processor.ts';
import { createGapFiller } from '../gap-filler.ts';

/** Entries of a source whose hashes go to the worker, so that only new and changed ones come back. */
const knownEntries = 2000;

/** The built parts that the stages of a refresh are made of. */
export interface StageDependencies {
  readonly store: Store;
  readonly fetcher: Fetcher;
  readonly digester: Pick<DocumentProcessor, 'digest'>;
  readonly brake: NetworkBreaker;
  readonly clock: Clock;
  readonly random: () => number;
  /** Between two requests to one host, as the operator says now. */
  hostGapMs(): number;
  /** How long one round over all sources of a URL's host takes at the host's gap. */
  hostCycleMs(url: string): number;
  /** Factor on adaptive intervals: while the whole schedule lags, and where a hub tells us of news. */
  intervalMultiplier(sourceId: string): number;
  /** The declaration in force; undefined when it was removed meanwhile. */
  sourceOf(id: string): Source | undefined;
  /** Told of the head of the log after each commit that wrote events. */
  ring(head: number): void;
  /** Told of each document that was read. */
  onFetched?(sourceId: string): void;
}

/** Refreshes the source of a lease: what the loop calls. */
export type Refresh = (lease: Lease, signal: AbortSignal) => Promise<RefreshResult>;

/** Wires fetching, digesting, scheduling and storing into the stages of `refreshSource`. */
export function createRefresh(parts: StageDependencies): Refresh {
  const stages = createStages(parts);
  return async (lease, signal) => {
    const source = parts.sourceOf(lease.sourceId);
    const state = await readPollState(parts.store.reader, lease.sourceId);
    if (source === undefined || state === null || source.declarationHash !== lease.declarationHash)
      return dropped(lease);
    return refreshSource(stages, { source, lease, state: unmaskedState(state, source.hidden) }, signal);
  };
}

/**
 * Once the network has been seen to work, only the silence of a source that answered well the last time is a sign that
 * it no longer does. Else whoever declares many feeds on hosts that stall could bring all polling to a halt.
 */
function tellsOfNetwork(brake: NetworkBreaker, state: PollState, outcome: FetchOutcome): boolean {
  if (outcome.kind !== 'failed' || outcome.facts.status !== null || !brake.hasBeenUp()) return true;
  return state.firstReadDone && state.failures === 0;
}

/** The stages over real parts. */
function createStages(parts: StageDependencies): Stages {
  const { store, clock } = parts;
  const settlementOf = (poll: Poll, happened: RefreshOutcome): PollResult => {
    const settlement = nextPollState({
      source: poll.source,
      state: poll.state,
      outcome: happened,
      nowMs: clock.now(),
      random: parts.random,
      isNetworkDown: parts.brake.isOpen(),
      hostCycleMs: parts.hostCycleMs(poll.source.url),
      intervalMultiplier: parts.intervalMultiplier(poll.source.id),
    });
    return maskedPollResult(settlement, poll.source.hidden);
  };
  const record = async (poll: Poll, happened: RefreshOutcome): Promise<RefreshResult> => {
    const settlement = settlementOf(poll, happened);
    const written = await recordPoll(store, poll.lease, settlement, clock.now());
    return written ? resultOf(poll.lease, settlement, { added: 0, updated: 0, head: null }) : dropped(poll.lease);
  };
  const digest: Stages['digest'] = async ({ source, state }, { body, contentType, url }) => {
    const known = await knownHashes(store.reader, source.id, knownEntries);
    const { limit, keep, drop, language, trust } = source;
    const ids = trust.ids && !state.history.idsDistrusted;
    // Links of the document are resolved against it, and shown.
    const base = maskUrlText(url, source.hidden);
    const options = { url: base, nowMs: clock.now(), limit, keep, drop, language, trust: { ...trust, ids }, known };
    const there = store.expectWrite();
    try {
      return maskedDocument(await parts.digester.digest({ body, contentType, options }), source.hidden);
    } finally {
      there();
    }
  };
  return {
    fetchSource: (poll, signal) => fetchSource(parts, poll, signal),
    digest,
    fillGap: gapFillerOf(parts, digest),
    recordOutcome: (poll, outcome) => record(poll, { kind: 'no-document', outcome }),
    recordUnreadable: (poll, fetched, unreadable) => record(poll, { kind: 'unreadable', fetched, unreadable }),
    async storeItems(poll, reading) {
      const { document, digest, history, formerly } = reading;
      const stored = await storeFeed(store, {
        source: poll.source,
        lease: poll.lease,
        digest: { ...digest, ...hubLinks(document.links, digest), drafts: [...history, ...digest.drafts] },
        firstRead: !poll.state.firstReadDone,
        nowMs: clock.now(),
        siteUrl: null,
        settle: (counts) =>
          settlementOf(poll, {
            kind: 'stored',
            fetched: document,
            feed: digest,
            previousIdentity: formerly,
            ...counts,
            deferred: counts.heldBack,
            missingItemIds: counts.missing,
          }),
        onBatch: parts.ring,
      });
      if (stored.kind !== 'stored') return dropped(poll.lease);
      return spared(resultOf(poll.lease, stored.settlement, stored), reading);
    },
    ring: parts.ring,
  };
}

async function fetchSource(parts: StageDependencies, poll: Poll, signal: AbortSignal): Promise<FetchOutcome> {
  const { source, state } = poll;
  const url = state.movedTo ?? source.url;
  const { validators, bodyHash } = state;
  const force = state.nextCheckReason === askedByOperator;
  const outcome = await parts.fetcher.fetchSource(
    { url, declaredUrl: source.url, headers: source.headers, validators, bodyHash, force },
    signal,
  );
  const { brake, clock } = parts;
  if (outcome.kind === 'fresh') parts.onFetched?.(source.id);
  if (tellsOfNetwork(brake, state, outcome)) brake.record(new URL(url).host, outcome, clock.monotonic());
  return outcome;
}

function gapFillerOf(parts: StageDependencies, digest: Stages['digest']): Stages['fillGap'] {
  const { store, fetcher } = parts;
  return createGapFiller({
    clock: parts.clock,
    hostGapMs: parts.hostGapMs,
    continuity: (sourceId, document) => readContinuity(store.reader, sourceId, document),
    // The operator's headers go along to the source's own origin only.
    fetch: ({ source: { url: declaredUrl, headers } }, url, signal) =>
      fetcher.fetchSource({ url, declaredUrl, headers, validators: noValidators, bodyHash: null }, signal),
    digest,
    keepLease: (lease, untilMs) => extendLease(store, lease, untilMs),
    sleep: (ms, signal) => sleep(ms, undefined, { signal }),
  });
}

/** The host has had requests that the loop does not know of. */
function spared(result: RefreshResult, { hostPauseMs }: FeedToStore): RefreshResult {
  return hostPauseMs === null ? result : { ...result, hostPauseMs: Math.max(hostPauseMs, result.hostPauseMs ?? 0) };
}

function resultOf(
  lease: Lease,
  settlement: PollResult,
  { added, updated, head }: Pick<RefreshResult, 'added' | 'updated' | 'head'>,
): RefreshResult {
  const { outcome, failure, hostPauseMs } = settlement;
  return { sourceId: lease.sourceId, outcome, failure, added, updated, head, hostPauseMs };
}

/** The lease was lost, or the source edited or removed, while it was being read: nothing was written. */
function dropped(lease: Lease): RefreshResult {
  return { sourceId: lease.sourceId, outcome: 'dropped', failure: null, added: 0, updated: 0, head: null };
}
