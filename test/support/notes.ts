import type { Note } from '../../src/domain/notes/note.ts';

/** A note from its short form: `recovered`, `dup_guid:2`, `archive_failed:not_found`. */
export function noteOf(short: string): Note {
  const [code, data = '1'] = short.split(':');
  return (code === 'archive_failed' ? { code, count: 1, reason: data } : { code, count: Number(data) }) as Note;
}

/** Notes from their short forms. */
export function notesOf(...short: readonly string[]): Note[] {
  return short.map(noteOf);
}
