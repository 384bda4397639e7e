import type { Note } from '../domain/notes/note.ts';
import { NoteCollector } from '../domain/notes/note-collector.ts';
import type { Validators } from '../domain/polling/fetch-outcome.ts';
import { type HeaderList, isFieldValue } from './client/header-list.ts';

export interface ReadValidators {
  readonly validators: Validators;
  /** `bad_validator` if a received validator cannot be sent back. */
  readonly notes: readonly Note[];
}

/** The validators of a response, to be sent back byte for byte: never parsed, repaired or derived. */
export function readValidators(headers: HeaderList, url: string, maxBytes: number): ReadValidators {
  const notes = new NoteCollector();
  const read = (name: string): string | null => {
    const values = headers.all(name);
    const [value = ''] = values;
    if (values.length === 0 || value === '') return null;
    // Of two ETags it is unknown which one the server would compare.
    if (values.length === 1 && value.length <= maxBytes && isFieldValue(value)) return value;
    notes.flag('bad_validator');
    return null;
  };
  const validators = { etag: read('etag'), lastModified: read('last-modified'), url };
  return { validators, notes: notes.list() };
}

/** RFC 9111 section 4.3.4: a 304 updates the validators that it contains; the others are kept. */
export function refreshValidators(stored: Validators, read: Validators): Validators {
  return {
    ...stored,
    ...read,
    etag: read.etag ?? stored.etag,
    lastModified: read.lastModified ?? stored.lastModified,
  };
}

/**
 * The conditional request headers for stored validators. Both are sent if known, for servers that support only one
 * (RFC 9110 section 13.1.3: a server that supports both uses If-None-Match).
 */
export function conditionalHeaders(validators: Validators): Readonly<Record<string, string>> {
  const { etag, lastModified } = validators;
  return {
    ...(etag !== null && isFieldValue(etag) ? { 'if-none-match': etag } : {}),
    ...(lastModified !== null && isFieldValue(lastModified) ? { 'if-modified-since': lastModified } : {}),
  };
}

/** Whether a validator does not have the form that RFC 9110 requires: the likely cause if a server answers 400. */
export function isMalformed({ etag, lastModified }: Validators): boolean {
  const oddTag = etag !== null && !/^(?:W\/)?"[\x21\x23-\x7e]*"$/.test(etag);
  const oddDate = lastModified !== null && !/^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/.test(lastModified);
  return oddTag || oddDate;
}
