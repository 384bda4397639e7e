import { type Phrase, type PlacedWord, placedWords, type SearchQuery } from './search-query.ts';

/** A stretch of a text: whether it is what was searched for. */
export interface MarkedText {
  readonly text: string;
  readonly hit: boolean;
}

/** Where a phrase stands in a text. */
interface Hit {
  readonly start: number;
  readonly end: number;
}

/** A text in stretches, those that a search wants marked. Put together they are the text again. */
export function markMatches(text: string, query: SearchQuery): MarkedText[] {
  const parts: MarkedText[] = [];
  let done = 0;
  for (const { start, end } of hitsIn(text, query)) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    if (from > done) parts.push({ text: text.slice(done, from), hit: false });
    parts.push({ text: text.slice(from, end), hit: true });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done), hit: false });
  return parts;
}

/** A part of a text around the first match of a search; its beginning when there is none. */
export interface Around {
  readonly text: string;
  /** Whether anything that is wanted stands in it. */
  readonly hit: boolean;
}

/**
 * The part of a text that shows why a search found it, cut between words; "…" stands for what was left out.
 *
 * @param maxChars about so many UTF-16 units.
 */
export function excerptAround(text: string, query: SearchQuery, maxChars: number): Around {
  const flat = text.replace(/\s+/g, ' ').trim();
  const [first] = hitsIn(flat, query);
  if (flat.length <= maxChars) return { text: flat, hit: first !== undefined };
  const wish = first === undefined || first.end <= maxChars ? 0 : first.start - Math.floor(maxChars / 3);
  const start = wish <= 0 ? 0 : flat.indexOf(' ', wish) + 1;
  const cut = flat.lastIndexOf(' ', start + maxChars);
  const end = start + maxChars >= flat.length ? flat.length : cut > start ? cut : start + maxChars;
  const middle = flat.slice(start, end).toWellFormed();
  return { text: `${start > 0 ? '…' : ''}${middle}${end < flat.length ? '…' : ''}`, hit: first !== undefined };
}

/** All matches in the order in which they begin. */
function hitsIn(text: string, { wanted }: SearchQuery): Hit[] {
  const words = placedWords(text);
  return wanted.flatMap((phrase) => hitsOf(phrase, words)).sort((a, b) => a.start - b.start || b.end - a.end);
}

function hitsOf(phrase: Phrase, words: readonly PlacedWord[]): Hit[] {
  return words.flatMap(({ start }, index) => {
    const last = words[index + phrase.length - 1];
    const isHit = last !== undefined && phrase.every((word, offset) => words[index + offset]?.word === word);
    return isHit ? [{ start, end: last.end }] : [];
  });
}
