import { maskedPollResult, unmaskedState } from '../../domain/polling/masked-state.ts';
import type { Lease, RefreshResult } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import { refreshSource, type Stages } from '../../refresh.ts';
import { readPollState } from '../../store/sources/source-state.ts';
import { createFetchStage, type FetchStageOptions } from './fetch-stage.ts';
import { createFillGapStage } from './fill-gap-stage.ts';
import { createNormaliseStage, maskFeed, type NormaliseStageOptions } from './normalise-stage.ts';
import {
  createPollResultOf,
  createRecordStage,
  createStoreStage,
  droppedRefresh,
  type PollResultOf,
  type PollResultOptions,
  type StoreStageOptions,
} from './store-stage.ts';

export interface StageDependencies
  extends FetchStageOptions,
    NormaliseStageOptions,
    PollResultOptions,
    StoreStageOptions {
  /** Pause between two requests to one host, as declared now. */
  hostGapMs(): number;
  /** The current declaration of a source; undefined when it was removed. */
  sourceOf(id: string): Source | undefined;
}

/** Refreshes the source of a lease. The polling loop calls it. */
export type Refresh = (lease: Lease, signal: AbortSignal) => Promise<RefreshResult>;

/** Builds `refreshSource` over the real stages. */
export function createRefresh(dependencies: StageDependencies): Refresh {
  const { store, sourceOf } = dependencies;
  const stages = createStages(dependencies);
  return async (lease, signal) => {
    const source = sourceOf(lease.sourceId);
    const stored = await readPollState(store.reader, lease.sourceId);
    if (source === undefined || stored === null || source.declarationHash !== lease.declarationHash) {
      return droppedRefresh(lease);
    }
    return refreshSource(stages, { source, lease, state: unmaskedState(stored, source.hidden) }, signal);
  };
}

function createStages(dependencies: StageDependencies): Stages {
  const normalise = maskFeed(createNormaliseStage(dependencies));
  const pollResultOf = maskPollResult(createPollResultOf(dependencies));
  return {
    fetchSource: createFetchStage(dependencies),
    normalise,
    fillGap: createFillGapStage(dependencies, normalise),
    storeItems: createStoreStage(dependencies, pollResultOf),
    recordOutcome: createRecordStage(dependencies, pollResultOf),
  };
}

/** Masks the secrets of the source's URL in what a poll stores. */
function maskPollResult(pollResultOf: PollResultOf): PollResultOf {
  return (poll, outcome) => maskedPollResult(pollResultOf(poll, outcome), poll.source.hidden);
}
