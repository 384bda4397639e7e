/** One phrase of a search: folded words that must follow each other. A single word is a phrase of one. */
export type Phrase = readonly string[];

/** A search, read: every `wanted` phrase must occur, no `unwanted` one may. */
export interface SearchQuery {
  readonly wanted: readonly Phrase[];
  readonly unwanted: readonly Phrase[];
  /** Only items sorted at or after this instant; null: no bound. */
  readonly afterMs: number | null;
  /** Only items sorted before this instant; null: no bound. */
  readonly beforeMs: number | null;
}

// A run of letters, digits and private-use characters is a word; the marks that accents are made of belong to it and
// are dropped. These are the classes of the tokenizer "unicode61 remove_diacritics 2" of the database, so that a
// search there and a filter here agree; a test compares the two over all of Unicode 6.1.
const accents = '\\u0300-\\u0304\\u0306-\\u030c\\u030f\\u0311\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331';
const word = new RegExp(`[\\p{L}\\p{N}\\p{Co}${accents}]+`, 'gu');
const accent = new RegExp(`[${accents}]`, 'gu');
const plainAscii = /^[a-z0-9]*$/;

/** One character without case and, on Latin letters, without accents. Characters that fold into several stay. */
function foldCharacter(character: string): string {
  if (character === '\u0130') return 'i';
  if (character === '\u0131') return character;
  const upper = character.toUpperCase();
  const lower = ([...upper].length === 1 ? upper : character).toLowerCase();
  if ([...lower].length !== 1) return character;
  const parts = lower.normalize('NFD');
  return /^[a-z]\p{M}+$/u.test(parts) ? parts.slice(0, 1) : lower;
}

function foldWord(text: string): string {
  const lower = text.toLowerCase();
  if (plainAscii.test(lower)) return lower;
  return [...text.replace(accent, '')].map(foldCharacter).join('');
}

/** The words of a text in order, without case and accents: `Über-Budget` -> `uber`, `budget`. */
export function searchWords(text: string): string[] {
  return (text.match(word) ?? []).map(foldWord).filter((found) => found !== '');
}

/** A text made ready for many searches: its folded words, parted and bounded by single spaces. */
export function searchable(text: string): string {
  return ` ${searchWords(text).join(' ')} `;
}

/** Whether a text, as `searchable` made it, is what the query asks for. Dates are not looked at. */
export function matchesSearch(query: SearchQuery, text: string): boolean {
  const holds = (phrase: Phrase) => text.includes(` ${phrase.join(' ')} `);
  return query.wanted.every(holds) && !query.unwanted.some(holds);
}

function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // Date.parse may carry an impossible day over into the next month; the text that comes back tells.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms;
}

/**
 * Reads what a person typed into a search box. It never fails: what is not understood is searched for as words.
 *
 * - `budget vote`: both words, anywhere; case and accents do not count.
 * - `"budget vote"`: the words in this order, next to each other. So is `covid-19`.
 * - `-sport`, `-"stock market"`: not these.
 * - `after:2026-01-31`, `before:2026-02-28`: from that day on, up to the day before (UTC).
 */
export function parseSearchQuery(text: string): SearchQuery {
  const wanted: Phrase[] = [];
  const unwanted: Phrase[] = [];
  let afterMs: number | null = null;
  let beforeMs: number | null = null;
  for (const [, minus, quoted, bare] of text.matchAll(/(-?)(?:"([^"]*)"?|([^\s"]+))/g)) {
    const bound = minus === '' ? /^(after|before):(.+)$/i.exec(bare ?? '') : null;
    const dayMs = parseDay(bound?.[2] ?? '');
    if (dayMs !== null && bound?.[1]?.toLowerCase() === 'after') afterMs = dayMs;
    else if (dayMs !== null) beforeMs = dayMs;
    else {
      const phrase = searchWords(quoted ?? bare ?? '');
      if (phrase.length > 0) (minus === '-' ? unwanted : wanted).push(phrase);
    }
  }
  return { wanted, unwanted, afterMs, beforeMs };
}

/** Whether a query asks for nothing at all: no phrase and no date. */
export function isEmptyQuery(query: SearchQuery): boolean {
  return query.wanted.length === 0 && query.unwanted.length === 0 && query.afterMs === null && query.beforeMs === null;
}
