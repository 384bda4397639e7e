import { type Note, note } from '../../domain/notes/note.ts';

/** The characters that XML 1.0 forbids, except lone surrogates, which `toWellFormed` replaces faster. */
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const allIllegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+/g;

/** A text without illegal characters, and a note if some were removed. */
export interface LegalText {
  readonly text: string;
  readonly notes: readonly Note[];
}

/**
 * Removes the characters that XML 1.0 forbids (control characters, noncharacters) and leading byte order marks, and
 * replaces lone surrogates.
 */
export function removeIllegalCharacters(text: string): LegalText {
  const bare = text.charCodeAt(0) === 0xfeff ? text.replace(/^\ufeff+/, '') : text;
  const wellFormed = bare.isWellFormed() ? bare : bare.toWellFormed();
  const legal = illegal.test(wellFormed) ? wellFormed.replace(allIllegal, '') : wellFormed;
  return { text: legal, notes: legal === bare ? [] : [note('recovered')] };
}
