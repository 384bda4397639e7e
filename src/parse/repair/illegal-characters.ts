/** What XML 1.0 does not allow in a document, but for lone surrogates, which `toWellFormed` finds faster. */
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const everyIllegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+/g;

/** A text without what no XML document may hold. */
export interface ValidText {
  readonly text: string;
  readonly notes: readonly string[];
}

/**
 * Takes out what no XML document may hold: control characters, noncharacters, lone surrogates, byte order marks in
 * front.
 */
export function removeIllegalCharacters(text: string): ValidText {
  const bare = text.charCodeAt(0) === 0xfeff ? text.replace(/^\ufeff+/, '') : text;
  const paired = bare.isWellFormed() ? bare : bare.toWellFormed();
  const clean = illegal.test(paired) ? paired.replace(everyIllegal, '') : paired;
  return { text: clean, notes: clean === bare ? [] : ['recovered'] };
}
