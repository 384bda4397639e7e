import { describe, expect, it } from 'vitest';
import { Notes } from '../../src/normalise/notes.ts';

describe('Notes', () => {
  it('counts notes in the order of their first occurrence', () => {
    const notes = new Notes();
    for (const note of ['bad_date', 'bad_link', 'bad_date']) notes.add(note);
    notes.add('filtered', 0);
    notes.add('dup_guid', 3);
    expect(notes.after([])).toEqual(['bad_date:2', 'bad_link:1', 'dup_guid:3']);
  });

  it('lists flags without a count', () => {
    const notes = new Notes();
    notes.flag('ids_distrusted');
    notes.flag('ids_distrusted');
    expect(notes.after([])).toEqual(['ids_distrusted']);
  });

  it('follow earlier notes and replace an earlier note of the same name', () => {
    const notes = new Notes();
    notes.add('item_flood', 2000);
    expect(notes.after(['recovered', 'item_flood'])).toEqual(['recovered', 'item_flood:2000']);
  });
});
