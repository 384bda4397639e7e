import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { formatNote, noteTexts } from '../../../src/domain/notes/format-note.ts';
import { noteOf } from '../../support/notes.ts';

const codes = Object.keys(noteTexts);

describe('formatNote', () => {
  it.each([
    ['recovered', 'the document was damaged and was repaired'],
    ['dup_guid:1', '1 entry with the id of another entry'],
    ['dup_guid:2', '2 entries with the id of another entry'],
    ['bad_link:1', '1 invalid link dropped'],
    ['bad_link:12', '12 invalid links dropped'],
    ['archive_failed:not_found', 'the gap was not filled: archive not read (not_found)'],
  ])('describes %s', (short, text) => {
    expect(formatNote(noteOf(short))).toBe(text);
  });

  it('has a different text for each code, which fits beside a label in 80 columns', () => {
    const texts = codes.map((code) => formatNote(noteOf(`${code}:10000`)));
    expect(new Set(texts).size).toBe(codes.length);
    for (const text of texts) expect(text).toMatch(/^[a-z0-9][A-Za-z0-9 ,:-]{8,67}$/);
  });
});

describe('docs/OPERATING.md', () => {
  it('explains every note, and no other', () => {
    const manual = readFileSync(new URL('../../../docs/OPERATING.md', import.meta.url), 'utf8');
    const [, section = ''] = /\n### Notes\n([\s\S]*?)\n## /.exec(manual) ?? [];
    const rows = [...section.matchAll(/^\| (`.*?) \|/gm)].map(([, cell = '']) => cell);
    const documented = rows.flatMap((cell) => [...cell.matchAll(/`(\w+)`/g)].map(([, code]) => code));
    expect([...new Set(documented)].sort()).toEqual([...codes, 'archive_failed'].sort());
  });
});
