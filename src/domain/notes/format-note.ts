import type { Note, NoteCode } from './note.ts';

/** The text of every note but `archive_failed`, which has data of its own. A code without a text breaks the build. */
export const noteTexts: Readonly<Record<Exclude<NoteCode, 'archive_failed'>, string | ((count: number) => string)>> = {
  wrong_encoding_label: 'the Content-Encoding header does not match the body',
  unchanged_body: 'the origin sent the stored document again instead of a 304',
  etag_reused: 'the origin sent a new document with the ETag of the stored one',
  bad_validator: 'an ETag or Last-Modified of the origin is unusable',
  blocked_address: 'some addresses of the host are not public and were excluded',
  headers_withheld: 'headers of the source were not sent to another origin',
  headers_ignored: 'some headers of the source are invalid and were not sent',
  retry_after_capped: 'the Retry-After was too long and was shortened',
  nxdomain: 'the host name is unknown',
  charset_guess: 'the character encoding was guessed',
  recovered: 'the document was damaged and was repaired',
  dtd_dropped: 'the document type declaration was dropped',
  partial_parse: 'a part of the document could not be parsed',
  ids_distrusted: 'the ids are not unique, so links identify the entries',
  possible_gap: 'no entry of the document is known: items may have been missed',
  archive_limit: 'the gap was not filled: too many archived documents',
  archive_loop: 'the gap was not filled: the archived documents form a loop',
  identity_changed: 'title, site and items are new: check whether the feed changed owner',
  no_overlap: 'repeatedly no entry is known: faster polling does not help',
  hint_capped: 'a polling hint is longer than a day and was shortened',
  hint_invalid: 'a polling hint is invalid and was ignored',
  host_throttled: 'the host has more sources than can be polled in their intervals',
  redirect_candidate: 'a permanent redirect is adopted after three polls over two days',
  redirect_adopted: 'the target of the permanent redirect is polled from now on',
  redirect_ended: 'the permanent redirect has ended',
  redirect_unstable: 'the permanent redirect leads to another target than before',
  redirect_not_adoptable: 'the target of the permanent redirect cannot be adopted',
  redirect_abandoned: 'the adopted address fails, so the declared one is polled again',
  rate_limited: 'the host answered 429',
  unavailable: 'the server answered 503',
  gone_suspected: 'the server answered 410: polling stops if it persists for a day',
  gone: 'the server answered 410 again after a day',
  presumed_dead: 'after long failure the source is polled once a week',
  network_down: 'our own network is down, so the failure is not counted',
  item_flood: (count) => `the document has at least ${entries(count)}: the oldest were ignored`,
  filtered: (count) => `${entries(count)} excluded by keep and drop`,
  content_cut: (count) => `content of ${entries(count)} truncated`,
  bad_link: (count) => `${counted(count, 'invalid link')} dropped`,
  bad_date: (count) => `${counted(count, 'invalid date')} dropped`,
  future_date: (count) => `${counted(count, 'date')} in the future dropped`,
  bad_enclosure: (count) => `${counted(count, 'invalid enclosure')} dropped or corrected`,
  dup_guid: (count) => `${entries(count)} with the id of another entry`,
  dup_entry: (count) => `${entries(count)} repeated under another id`,
  archive_read: (count) => `${counted(count, 'archived document')} read to fill a gap`,
  complete_shrunk: (count) => `${counted(count, 'item')} absent, withdrawn if absent again in the next poll`,
  churn: (count) => `${counted(count, 'item')} changed too often: the last state is stored later`,
};

/** The English text of a note: a clause without a full stop, to be joined by `; `. Contains no text of a feed. */
export function formatNote(note: Note): string {
  if (note.code === 'archive_failed') return `the gap was not filled: archive not read (${note.reason})`;
  const text = noteTexts[note.code];
  return typeof text === 'string' ? text : text(note.count);
}

function entries(count: number): string {
  return count === 1 ? '1 entry' : `${count} entries`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
