import { describe, expect, it } from 'vitest';
import { hasNote, mergeNotes } from '../../../src/domain/notes/note.ts';
import { notesOf } from '../../support/notes.ts';

describe('mergeNotes', () => {
  it('keeps the order and, of a repeated code, the greatest count', () => {
    const merged = mergeNotes(
      notesOf('bad_link:2', 'recovered'),
      notesOf('filtered:1', 'bad_link:3'),
      notesOf('filtered:1'),
    );
    expect(merged).toEqual(notesOf('bad_link:3', 'recovered', 'filtered:1'));
  });

  it('keeps the data of a note', () => {
    expect(mergeNotes(notesOf('archive_failed:not_found'))).toEqual([
      { code: 'archive_failed', count: 1, reason: 'not_found' },
    ]);
  });
});

describe('hasNote', () => {
  it('finds any of the given codes, whatever their counts', () => {
    const notes = notesOf('filtered:7', 'recovered');
    expect(hasNote(notes, 'partial_parse', 'filtered')).toBe(true);
    expect(hasNote(notes, 'partial_parse')).toBe(false);
    expect(hasNote([], 'recovered')).toBe(false);
  });
});
