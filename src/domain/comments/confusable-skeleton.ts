import replaceConfusables from 'unhomoglyph';

/** Replaces each character by its prototype in Unicode's confusables.txt. */
function mapped(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{Default_Ignorable_Code_Point}+/gu, '');
  return replaceConfusables(plain).normalize('NFKD');
}

/** Case folding: `I` maps to `l`, so `i` must too. confusables.txt maps `m` to `rn`, which is reverted. */
function folded(text: string): string {
  return mapped(text.toLowerCase()).toLowerCase().replaceAll('i', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w');
}

const notLatin = /(?![a-z])\p{L}/u;

/**
 * The case-insensitive confusable skeleton of a text (UTS 39, section 4): texts that look alike have the same skeleton.
 * It is for comparison only. It is built from NFKD, so that styled letters equal plain ones.
 *
 * A capital can resemble a different letter than its small form: the Cyrillic `Н` resembles `H`, but `н` does not
 * resemble `h`. A text that looks entirely Latin is therefore mapped before case folding. Other texts are mapped after
 * it, so that their capitals and small letters stay equal.
 */
export function confusableSkeleton(text: string): string {
  const latin = folded(mapped(text));
  return notLatin.test(latin) ? folded(text) : latin;
}
