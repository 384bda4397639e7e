/** What XML 1.0 does not allow in a document, but for lone surrogates, which only `toWellFormed` finds fast. */
const illegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;
const everyIllegal = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]+/g;

/**
 * Takes out what no XML document may hold: control characters, noncharacters, lone surrogates, byte order marks in
 * front.
 *
 * @returns the same string when nothing was wrong.
 */
export function cleanCharacters(text: string): string {
  const bare = text.charCodeAt(0) === 0xfeff ? text.replace(/^\ufeff+/, '') : text;
  const paired = bare.isWellFormed() ? bare : bare.toWellFormed();
  return illegal.test(paired) ? paired.replace(everyIllegal, '') : paired;
}
