import { type Phrase, type SearchQuery, type WordSpan, wordSpans } from './search-query.ts';

/** A stretch of a text: whether it is what was searched for. */
export interface TextRun {
  readonly text: string;
  readonly isMatch: boolean;
}

/** Where a phrase stands in a text. */
interface Hit {
  readonly start: number;
  readonly end: number;
}

/** A text in stretches, those that a search wants marked. Put together they are the text again. */
export function highlightMatches(text: string, query: SearchQuery): TextRun[] {
  const parts: TextRun[] = [];
  let done = 0;
  for (const { start, end } of hitsIn(text, query)) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    if (from > done) parts.push({ text: text.slice(done, from), isMatch: false });
    parts.push({ text: text.slice(from, end), isMatch: true });
    done = end;
  }
  if (done < text.length) parts.push({ text: text.slice(done), isMatch: false });
  return parts;
}

/** A part of a text around the first match of a search; its beginning when there is none. */
export interface Excerpt {
  readonly text: string;
  /** Whether anything that is wanted stands in it. */
  readonly hasMatch: boolean;
}

/**
 * The part of a text that shows why a search found it, cut between words; "…" stands for what was left out.
 *
 * @param maxChars about so many UTF-16 units.
 */
export function excerptAround(text: string, query: SearchQuery, maxChars: number): Excerpt {
  const flat = text.replace(/\s+/g, ' ').trim();
  const [first] = hitsIn(flat, query);
  if (flat.length <= maxChars) return { text: flat, hasMatch: first !== undefined };
  const wish = first === undefined || first.end <= maxChars ? 0 : first.start - Math.floor(maxChars / 3);
  const start = wish <= 0 ? 0 : flat.indexOf(' ', wish) + 1;
  const cut = flat.lastIndexOf(' ', start + maxChars);
  const end = start + maxChars >= flat.length ? flat.length : cut > start ? cut : start + maxChars;
  const middle = flat.slice(start, end).toWellFormed();
  return { text: `${start > 0 ? '…' : ''}${middle}${end < flat.length ? '…' : ''}`, hasMatch: first !== undefined };
}

/** All matches in the order in which they begin. */
function hitsIn(text: string, { required }: SearchQuery): Hit[] {
  const words = wordSpans(text);
  return required.flatMap((phrase) => hitsOf(phrase, words)).sort((a, b) => a.start - b.start || b.end - a.end);
}

function hitsOf(phrase: Phrase, words: readonly WordSpan[]): Hit[] {
  return words.flatMap(({ start }, index) => {
    const last = words[index + phrase.length - 1];
    const isHit = last !== undefined && phrase.every((word, offset) => words[index + offset]?.word === word);
    return isHit ? [{ start, end: last.end }] : [];
  });
}
