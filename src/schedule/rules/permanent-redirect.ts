import { hourMs } from '../../domain/durations.ts';
import type { PollHistory } from '../../domain/polling/poll.ts';

const successesNeeded = 3;
const stableForMs = 48 * hourMs;

/** What a good read says about the source's address. */
export interface RedirectDecision {
  readonly redirect: PollHistory['redirect'];
  /** The address to ask from now on; null: no change. */
  readonly adopted: string | null;
  readonly note: string | null;
}

/**
 * A permanent redirect is adopted when it led to the same address, and there to a readable feed, at 3 good reads over
 * 48 h. A publisher's mistake of an afternoon must not carry a source away for good.
 *
 * @param input.movedTo the end of the unbroken run of 301 and 308; null: the address answered itself.
 */
export function evaluateRedirect(
  watched: PollHistory['redirect'],
  input: { readonly requested: string; readonly movedTo: string | null; readonly nowMs: number },
): RedirectDecision {
  const { requested, movedTo, nowMs } = input;
  if (movedTo === null || movedTo === requested) {
    return { redirect: null, adopted: null, note: watched === null ? null : 'redirect_ended' };
  }
  if (!adoptable(requested, movedTo)) return { redirect: null, adopted: null, note: 'redirect_not_adoptable' };
  if (watched?.url !== movedTo) {
    const note = watched === null ? 'redirect_candidate' : 'redirect_unstable';
    return { redirect: { url: movedTo, sinceMs: nowMs, successes: 1 }, adopted: null, note };
  }
  const successes = watched.successes + 1;
  if (successes >= successesNeeded && nowMs - watched.sinceMs >= stableForMs) {
    return { redirect: null, adopted: movedTo, note: 'redirect_adopted' };
  }
  return { redirect: { ...watched, successes }, adopted: null, note: 'redirect_candidate' };
}

/** Never from https down to http: whoever sits on the path could have written that redirect. */
function adoptable(requested: string, movedTo: string): boolean {
  if (!URL.canParse(requested) || !URL.canParse(movedTo)) return false;
  const from = new URL(requested).protocol;
  const to = new URL(movedTo).protocol;
  return to === 'https:' || (to === 'http:' && from === 'http:');
}
