import { mergeNotes, type Note } from '../../domain/notes/note.ts';
import type { FetchFacts, Validators } from '../../domain/polling/fetch-outcome.ts';
import type { PollHistory, PollState } from '../../domain/polling/poll.ts';
import type { Source } from '../../domain/polling/source.ts';
import type { CheckInput } from './next-check.ts';

/** The input of a poll state transition with its defaults, and the sanitised history. */
export interface PollContext {
  readonly source: Pick<Source, 'url' | 'intervalMs'>;
  readonly state: PollState;
  readonly history: PollHistory;
  readonly nowMs: number;
  readonly random: () => number;
  readonly isNetworkDown: boolean;
  readonly intervalMultiplier: number;
  readonly hostCycleMs: number;
}

/** The input of the next check, with the history and the validators as they are after this refresh. */
export function checkInput(context: PollContext, history: PollHistory, validators: Validators): CheckInput {
  const { source, nowMs, random, intervalMultiplier, hostCycleMs } = context;
  const validatorsHeld = validators.etag !== null || validators.lastModified !== null;
  return { source, history, validatorsHeld, nowMs, random, intervalMultiplier, hostCycleMs };
}

/** Adds notes to facts, each code once. */
export function withNotes(facts: FetchFacts, notes: readonly Note[]): FetchFacts {
  if (notes.length === 0) return facts;
  return { ...facts, notes: mergeNotes(facts.notes, notes) };
}
