import { hourMs } from '../../domain/durations.ts';
import { type Note, note } from '../../domain/notes/note.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';

const minSuccesses = 3;
const minStableMs = 48 * hourMs;

/** What a successful read means for the source's address. */
export interface RedirectDecision {
  readonly candidate: PollHistory['redirectCandidate'];
  /** The address to poll from now on; null: no change. */
  readonly adopted: string | null;
  readonly note: Note | null;
}

/**
 * Adopts a permanent redirect after 3 successful reads over 48 h led to the same address. A publisher's mistake of an
 * afternoon must not move a source permanently.
 *
 * @param input.movedTo the end of the unbroken chain of 301 and 308; null: no permanent redirect.
 */
export function evaluateRedirect(
  watched: PollHistory['redirectCandidate'],
  input: { readonly requested: string; readonly movedTo: string | null; readonly nowMs: number },
): RedirectDecision {
  const { requested, movedTo, nowMs } = input;
  if (movedTo === null || movedTo === requested) {
    return { candidate: null, adopted: null, note: watched === null ? null : note('redirect_ended') };
  }
  if (!isAdoptable(requested, movedTo)) return { candidate: null, adopted: null, note: note('redirect_not_adoptable') };
  if (watched?.url !== movedTo) {
    return {
      candidate: { url: movedTo, sinceMs: nowMs, successes: 1 },
      adopted: null,
      note: note(watched === null ? 'redirect_candidate' : 'redirect_unstable'),
    };
  }
  const successes = watched.successes + 1;
  if (successes >= minSuccesses && nowMs - watched.sinceMs >= minStableMs) {
    return { candidate: null, adopted: movedTo, note: note('redirect_adopted') };
  }
  return { candidate: { ...watched, successes }, adopted: null, note: note('redirect_candidate') };
}

/** Never from https to http: an attacker on the network path could have sent that redirect. */
function isAdoptable(requested: string, movedTo: string): boolean {
  if (!URL.canParse(requested) || !URL.canParse(movedTo)) return false;
  const from = new URL(requested).protocol;
  const to = new URL(movedTo).protocol;
  return to === 'https:' || (to === 'http:' && from === 'http:');
}
