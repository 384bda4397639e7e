import replaceConfusables from 'unhomoglyph';

/** Unicode's confusables.txt as the package holds it: each character becomes the one that it looks like. */
function mapped(text: string): string {
  const plain = text.normalize('NFKD').replace(/\p{Default_Ignorable_Code_Point}+/gu, '');
  return replaceConfusables(plain).normalize('NFKD');
}

/** `I` looks like `l`, so without case `i` does too; `m` is mapped to `rn`, and is one letter again. */
function folded(text: string): string {
  return mapped(text.toLowerCase()).toLowerCase().replaceAll('i', 'l').replaceAll('rn', 'm').replaceAll('vv', 'w');
}

const notLatin = /(?![a-z])\p{L}/u;

/**
 * The confusable skeleton of a text (UTS 39, section 4), made blind to case: texts that look alike have the same. It is
 * for comparing only, and is made from compatibility forms (NFKD), so that styled letters are the letters.
 *
 * A capital may look like another letter than its small form does: the Cyrillic `Н` like `H`, but `н` not like `h`. What
 * passes for Latin altogether is therefore mapped before its case is folded; text of other scripts only afterwards,
 * so that its capitals and small letters stay the same letters.
 */
export function confusableSkeleton(text: string): string {
  const latin = folded(mapped(text));
  return notLatin.test(latin) ? folded(text) : latin;
}
