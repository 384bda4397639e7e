/** The words of a title, without case, punctuation and kinds of white space. Empty for a title without words. */
export function titleWords(title: string): string {
  return title
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ');
}

/**
 * Whether two titles with one link are the title of one article before and after an edit: the same words, or a correction
 * inside a long word (see `isCorrected`), or up to half as many words again added. Numbers, Roman ones too, are never
 * part of an edit: "Day 12" and "Day 13" are two articles.
 *
 * Linear in the length of the titles.
 */
export function isSameTitle(one: string, other: string): boolean {
  const [a, b] = [titleWords(one), titleWords(other)];
  if (a === b) return a !== '' || one.trim() === other.trim();
  if (numbersOf(a) !== numbersOf(b)) return false;
  return isCorrected(a, b) || isExtended(a.split(' '), b.split(' '));
}

const maxCorrection = 3;
const minWords = 3;

/** Digits, and words that are Roman numerals from II to XXXIX. */
function numbersOf(words: string): string {
  return (words.match(/\p{N}+|(?<!\S)(?=[ivx]{2})x{0,3}(?:ix|iv|v?i{0,3})(?!\S)/gu) ?? []).join(' ');
}

/**
 * Whether titles differ in one place, by at most an eighth of the title and three characters, and by less than a
 * quarter of the words in which they differ; or by two letters that are swapped. "Sunday" and "Monday", "8AM" and
 * "8PM", "East" and "West" are different words, not a word and its correction.
 */
function isCorrected(a: string, b: string): boolean {
  const shortest = Math.min(a.length, b.length);
  const allowed = Math.min(maxCorrection, Math.floor(shortest / 8));
  // "Team A scores" and "Team B scores": a single letter may be a name.
  if (oneLetterWords(a) !== oneLetterWords(b)) return false;
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const [from, to] = [a.slice(start, a.length - end), b.slice(start, b.length - end)];
  const changed = Math.max(from.length, to.length);
  if (changed > allowed) return false;
  if (changed === 2 && from[0] === to[1] && from[1] === to[0]) return true;
  const before = start - (a.lastIndexOf(' ', start - 1) + 1);
  const after = `${a.slice(a.length - end)} `.indexOf(' ');
  return changed * 4 < before + changed + after;
}

function oneLetterWords(words: string): string {
  return words
    .split(' ')
    .filter((word) => word.length === 1)
    .join(' ');
}

function isExtended(a: readonly string[], b: readonly string[]): boolean {
  const [shorter, longer] = a.length < b.length ? [a, b] : [b, a];
  if (shorter.length < minWords || longer.length * 2 > shorter.length * 3) return false;
  let found = 0;
  for (const word of longer) if (word === shorter[found]) found += 1;
  return found === shorter.length;
}
