import type { Failure } from '../failure.ts';

/** Notes without a number: the count is 1. */
export type FlagNoteCode =
  // On the exchange.
  | 'wrong_encoding_label'
  | 'unchanged_body'
  | 'etag_reused'
  | 'bad_validator'
  | 'blocked_address'
  | 'headers_withheld'
  | 'headers_ignored'
  | 'retry_after_capped'
  | 'nxdomain'
  // On the document.
  | 'charset_guess'
  | 'recovered'
  | 'dtd_dropped'
  | 'partial_parse'
  | 'ids_distrusted'
  // On the difference to earlier documents.
  | 'possible_gap'
  | 'archive_limit'
  | 'archive_loop'
  | 'identity_changed'
  | 'no_overlap'
  // On the schedule and the address.
  | 'hint_capped'
  | 'hint_invalid'
  | 'host_throttled'
  | 'redirect_candidate'
  | 'redirect_adopted'
  | 'redirect_ended'
  | 'redirect_unstable'
  | 'redirect_not_adoptable'
  | 'redirect_abandoned'
  // On a failure.
  | 'rate_limited'
  | 'unavailable'
  | 'gone_suspected'
  | 'gone'
  | 'presumed_dead'
  | 'network_down';

/** Notes that count entries, links, dates, items or documents. */
export type CountedNoteCode =
  | 'item_flood'
  | 'filtered'
  | 'content_cut'
  | 'bad_link'
  | 'bad_date'
  | 'future_date'
  | 'bad_enclosure'
  | 'dup_guid'
  | 'dup_entry'
  | 'archive_read'
  | 'complete_shrunk'
  | 'churn';

/** Why an archived document was not read: a failure code, or the kind of response that was not a document. */
export type ArchiveFailure = Failure | 'throttled' | 'gone' | 'not-modified';

/**
 * A remark on a poll that is not a failure: what was repaired, cut or dropped, and what the operator may want to know.
 * Stored and printed as JSON; `formatNote` makes the text.
 */
export type Note =
  | { readonly code: FlagNoteCode | CountedNoteCode; readonly count: number }
  | { readonly code: 'archive_failed'; readonly count: number; readonly reason: ArchiveFailure };

export type NoteCode = Note['code'];

/** A note; without a count, one of which the count is 1. */
export function note(code: FlagNoteCode): Note;
export function note(code: CountedNoteCode, count: number): Note;
export function note(code: FlagNoteCode | CountedNoteCode, count = 1): Note {
  return { code, count };
}

/** Whether one of the codes was noted. */
export function hasNote(notes: readonly Note[], ...codes: readonly NoteCode[]): boolean {
  return notes.some(({ code }) => codes.includes(code));
}

/** The notes of several stages in their order. A code that was noted more than once stands once, with the greatest count. */
export function mergeNotes(...lists: readonly (readonly Note[])[]): readonly Note[] {
  const byCode = new Map<NoteCode, Note>();
  for (const one of lists.flat()) {
    const known = byCode.get(one.code);
    if (known === undefined || one.count > known.count) byCode.set(one.code, one);
  }
  return [...byCode.values()];
}
