import { maskedDocument, maskedPollResult } from '../../domain/polling/masked-state.ts';
import type { NormaliseStage } from './normalise-stage.ts';
import type { PollResultOf } from './record-stage.ts';

/** The two steps whose results are stored and shown. */
export interface StoredResults {
  readonly normalise: NormaliseStage;
  readonly pollResultOf: PollResultOf;
}

/**
 * Masks the secrets of a source's URL in everything that a refresh stores. Fetching needs the secrets, storing never
 * does, so this wrapper stands between the two.
 */
export function maskSecrets(steps: StoredResults): StoredResults {
  return {
    normalise: maskFeed(steps.normalise),
    pollResultOf: (poll, outcome) => maskedPollResult(steps.pollResultOf(poll, outcome), poll.source.hidden),
  };
}

/** The same for a document alone, which is all that a WebSub push brings. */
export function maskFeed(normalise: NormaliseStage): NormaliseStage {
  return async (poll, document) => maskedDocument(await normalise(poll, document), poll.source.hidden);
}
