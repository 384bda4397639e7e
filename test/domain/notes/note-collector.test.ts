import { describe, expect, it } from 'vitest';
import { NoteCollector } from '../../../src/domain/notes/note-collector.ts';
import { notesOf } from '../../support/notes.ts';

describe('NoteCollector', () => {
  it('counts notes in the order of their first occurrence', () => {
    const notes = new NoteCollector();
    for (const code of ['bad_date', 'bad_link', 'bad_date'] as const) notes.add(code);
    notes.add('filtered', 0);
    notes.add('dup_guid', 3);
    expect(notes.list()).toEqual(notesOf('bad_date:2', 'bad_link:1', 'dup_guid:3'));
  });

  it('lists a flag once, with the count 1', () => {
    const notes = new NoteCollector();
    notes.flag('ids_distrusted');
    notes.flag('ids_distrusted');
    expect(notes.list()).toEqual(notesOf('ids_distrusted'));
  });

  it('lists the notes of an earlier stage first, and each code once', () => {
    const notes = new NoteCollector(notesOf('item_flood:10000', 'recovered'));
    notes.flag('partial_parse');
    notes.add('item_flood', 12_000);
    notes.flag('recovered');
    expect(notes.list()).toEqual(notesOf('item_flood:12000', 'recovered', 'partial_parse'));
  });
});
