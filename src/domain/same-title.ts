/** A title as its words: case, punctuation and the kind of space do not count. Empty for a title without a word. */
export function titleWords(title: string): string {
  return title
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '')
    .join(' ');
}

/**
 * Whether two titles of one link are those of one article before and after an edit: the same words, or a correction in
 * one place of up to an eighth of the title (three characters at most), or up to half as many words again added.
 * Numbers are never part of a correction: "Day 12" and "Day 13" are two articles.
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

function numbersOf(words: string): string {
  return (words.match(/\p{N}+/gu) ?? []).join(' ');
}

function isCorrected(a: string, b: string): boolean {
  const allowed = Math.min(maxCorrection, Math.floor(Math.min(a.length, b.length) / 8));
  // "Team A scores" and "Team B scores": one letter that is a name.
  if (oneLetterWords(a) !== oneLetterWords(b)) return false;
  const shortest = Math.min(a.length, b.length);
  let start = 0;
  while (start < shortest && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < shortest - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  return Math.max(a.length, b.length) - start - end <= allowed;
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
