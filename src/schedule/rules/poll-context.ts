import type { FetchFacts, Validators } from '../../domain/polling/fetch-outcome.ts';
import type { PollHistory, PollState } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import type { CheckInput } from './next-check.ts';

/** A settlement in the making: the input with its defaults, the memory made sound. */
export interface PollContext {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly state: PollState;
  readonly memory: PollHistory;
  readonly nowMs: number;
  readonly random: () => number;
  readonly networkDown: boolean;
  readonly stretch: number;
  readonly hostCycleMs: number;
}

/** The input of a plan, with the memory and the validators as they are after this refresh. */
export function checkInput(settled: PollContext, memory: PollHistory, validators: Validators): CheckInput {
  const { source, nowMs, random, stretch, hostCycleMs } = settled;
  const validatorsHeld = validators.etag !== null || validators.lastModified !== null;
  return { source, memory, validatorsHeld, nowMs, random, stretch, hostCycleMs };
}

/** Facts with more notes, each once. */
export function withNotes(facts: FetchFacts, notes: readonly string[]): FetchFacts {
  if (notes.length === 0) return facts;
  return { ...facts, notes: [...new Set([...facts.notes, ...notes])] };
}
