import { type Phrase, type SearchQuery, type WordSpan, wordSpans } from './search-query.ts';

/** A part of a text, and whether it matches the search. */
export interface TextRun {
  readonly text: string;
  readonly isMatch: boolean;
}

/** Position of a match in a text. */
interface Match {
  readonly start: number;
  readonly end: number;
}

/** Splits a text into parts and marks those that match a search. Joined, the parts are the text again. */
export function highlightMatches(text: string, query: SearchQuery): TextRun[] {
  const parts: TextRun[] = [];
  let done = 0;
  for (const { start, end } of findMatches(text, query)) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    if (from > done) parts.push({ text: text.slice(done, from), isMatch: false });
    parts.push({ text: text.slice(from, end), isMatch: true });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done), isMatch: false });
  return parts;
}

/** The part of a text around the first match of a search, or its beginning. */
export interface Excerpt {
  readonly text: string;
  /** Whether the text contains a match. */
  readonly hasMatch: boolean;
}

/**
 * The part of a text around its first match, cut between words; "…" marks omitted text.
 *
 * @param maxChars approximate length in UTF-16 units.
 */
export function excerptAround(text: string, query: SearchQuery, maxChars: number): Excerpt {
  const flat = text.replace(/\s+/g, ' ').trim();
  const [first] = findMatches(flat, query);
  if (flat.length <= maxChars) return { text: flat, hasMatch: first !== undefined };
  const target = first === undefined || first.end <= maxChars ? 0 : first.start - Math.floor(maxChars / 3);
  const start = target <= 0 ? 0 : flat.indexOf(' ', target) + 1;
  const cut = flat.lastIndexOf(' ', start + maxChars);
  const end = start + maxChars >= flat.length ? flat.length : cut > start ? cut : start + maxChars;
  const middle = flat.slice(start, end).toWellFormed();
  return { text: `${start > 0 ? '…' : ''}${middle}${end < flat.length ? '…' : ''}`, hasMatch: first !== undefined };
}

/** All matches, ordered by start. */
function findMatches(text: string, { required }: SearchQuery): Match[] {
  const words = wordSpans(text);
  return required.flatMap((phrase) => phraseMatches(phrase, words)).sort((a, b) => a.start - b.start || b.end - a.end);
}

function phraseMatches(phrase: Phrase, words: readonly WordSpan[]): Match[] {
  return words.flatMap(({ start }, index) => {
    const last = words[index + phrase.length - 1];
    const isMatch = last !== undefined && phrase.every((word, offset) => words[index + offset]?.word === word);
    return isMatch ? [{ start, end: last.end }] : [];
  });
}
