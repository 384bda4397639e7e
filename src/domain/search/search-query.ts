import { slug } from '../slug.ts';

/** One phrase of a search: folded words that must follow each other. A single word is a phrase of one. */
export type Phrase = readonly string[];

/** A search, read: every `wanted` phrase must occur, no `unwanted` one may. */
export interface SearchQuery {
  readonly required: readonly Phrase[];
  readonly excluded: readonly Phrase[];
  /** Where an item must have appeared: in one of these; empty: anywhere. */
  readonly includedScope: SearchScope;
  /** Where it must not have appeared. */
  readonly excludedScope: SearchScope;
  /** Only items sorted at or after this instant; null: no bound. */
  readonly afterMs: number | null;
  /** Only items sorted before this instant; null: no bound. */
  readonly beforeMs: number | null;
}

/** Parts of the stream that a search names. */
export interface SearchScope {
  /** Slugs. */
  readonly sections: readonly string[];
  /** Ids. */
  readonly sources: readonly string[];
}

/** Words and places that one search may name: each is looked up by itself. */
export const maxSearchTerms = 32;

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

// Stands before each word of an author's name where names are looked for, so that an author is no more than a phrase
// of words that no text has: a character of private use, which counts as a letter here and in the database.
const byline = '\uf8ff';

function foldWord(text: string): string {
  const lower = text.toLowerCase();
  if (plainAscii.test(lower)) return lower;
  return [...text.replace(accent, '')].map(foldCharacter).join('');
}

/** The words of a text in order, without case and accents: `Über-Budget` -> `uber`, `budget`. */
export function searchWords(text: string): string[] {
  return (text.match(word) ?? []).map(foldWord).filter((found) => found !== '');
}

/** A word of a text, folded, and where it stands there. */
export interface WordSpan {
  readonly word: string;
  readonly start: number;
  /** Of the first character after it. */
  readonly end: number;
}

/** The words of a text with their places: the same words as `searchWords` gives. */
export function wordSpans(text: string): WordSpan[] {
  return [...text.matchAll(word)].flatMap(({ 0: raw, index }) => {
    const folded = foldWord(raw);
    return folded === '' ? [] : [{ word: folded, start: index, end: index + raw.length }];
  });
}

/** A text made ready for many searches: its folded words, parted and bounded by single spaces. */
export function toSearchableText(text: string): string {
  return ` ${searchWords(text).join(' ')} `;
}

/** Whether a text, as `searchable` made it, is what the query asks for. Places and dates are not looked at. */
export function matchesSearch(query: SearchQuery, text: string): boolean {
  const holds = (phrase: Phrase) => text.includes(` ${phrase.join(' ')} `);
  return query.required.every(holds) && !query.excluded.some(holds);
}

/**
 * The same with the words of the text at hand: only a phrase of several words whose words are all there is looked for
 * in the text itself.
 */
export function matchesWords(
  query: SearchQuery,
  { words, text }: { readonly words: ReadonlySet<string>; readonly text: () => string },
): boolean {
  const holds = (phrase: Phrase) =>
    phrase.every((one) => words.has(one)) && (phrase.length === 1 || text().includes(` ${phrase.join(' ')} `));
  return query.required.every(holds) && !query.excluded.some(holds);
}

function parseDay(text: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (match === null) return null;
  const ms = Date.parse(`${text}T00:00:00Z`);
  // Date.parse may carry an impossible day over into the next month; the text that comes back tells.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms;
}

/** The words of an author's name as `author:` finds them: to be put beside an item's text. */
export function authorSearchTerms(name: string): string {
  return searchWords(name)
    .map((found) => byline + found)
    .join(' ');
}

/** A query that is being read. */
interface Draft extends SearchQuery {
  readonly required: Phrase[];
  readonly excluded: Phrase[];
  readonly includedScope: DraftPlaces;
  readonly excludedScope: DraftPlaces;
  afterMs: number | null;
  beforeMs: number | null;
}

interface DraftPlaces extends SearchScope {
  readonly sections: string[];
  readonly sources: string[];
}

/** One piece of what was typed. */
interface Term {
  readonly isUnwanted: boolean;
  /** Lower-cased; '' for none. */
  readonly field: string;
  readonly value: string;
}

/**
 * Reads what a person typed into a search box. It never fails: what is not understood is searched for as words.
 *
 * - `budget vote`: both words, anywhere; case and accents do not count.
 * - `"budget vote"`: the words in this order, next to each other. So is `covid-19`.
 * - `section:world`, `source:example`, `author:"A. Writer"`: there, or by whom; several of a section or of a source mean
 *   any of them.
 * - `-sport`, `-"stock market"`, `-section:sport`: not these.
 * - `after:2026-01-31`, `before:2026-02-28`: from that day on, up to the day before (UTC).
 */
export function parseSearchQuery(text: string): SearchQuery {
  const places = (): DraftPlaces => ({ sections: [], sources: [] });
  const bounds = { afterMs: null, beforeMs: null };
  const query: Draft = { required: [], excluded: [], includedScope: places(), excludedScope: places(), ...bounds };
  const pattern = /(-?)(?:(section|source|author|after|before):(?=[^\s]))?(?:"([^"]*)"?|([^\s"]+))/gi;
  for (const [, minus, field = '', quoted, bare = ''] of text.matchAll(pattern)) {
    take(query, { isUnwanted: minus === '-', field: field.toLowerCase(), value: quoted ?? bare });
  }
  return query;
}

function take(query: Draft, term: Term): void {
  const { isUnwanted, field, value } = term;
  const places = isUnwanted ? query.excludedScope : query.includedScope;
  const phrases = isUnwanted ? query.excluded : query.required;
  const words = searchWords(value);
  const dayMs = isUnwanted ? null : parseDay(value);
  if (field === 'after' && dayMs !== null) query.afterMs = dayMs;
  else if (field === 'before' && dayMs !== null) query.beforeMs = dayMs;
  else if (words.length === 0) return;
  else if (field === 'section') places.sections.push(slug(value));
  else if (field === 'source') places.sources.push(slug(value));
  else if (field === 'author') phrases.push(words.map((found) => byline + found));
  else phrases.push(field === '' ? words : [field, ...words]);
}

/** How many words and places a query names. */
export function countSearchTerms({ required, excluded, includedScope, excludedScope }: SearchQuery): number {
  const words = [...required, ...excluded].reduce((sum, phrase) => sum + phrase.length, 0);
  return [includedScope, excludedScope].reduce(
    (sum, { sections, sources }) => sum + sections.length + sources.length,
    words,
  );
}

/** Whether a query asks for nothing at all. */
export function isEmptyQuery(query: SearchQuery): boolean {
  return formatSearchQuery(query) === '';
}

/** The one text of searches that mean the same, however they were typed. */
export function formatSearchQuery(query: SearchQuery): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const parts = [
    ...query.required.map(writePhrase),
    ...query.excluded.map((phrase) => `-${writePhrase(phrase)}`),
    ...writePlaces(query.includedScope),
    ...writePlaces(query.excludedScope).map((place) => `-${place}`),
    ...(query.afterMs === null ? [] : [`after:${day(query.afterMs)}`]),
    ...(query.beforeMs === null ? [] : [`before:${day(query.beforeMs)}`]),
  ];
  return [...new Set(parts)].sort().join(' ');
}

function writePhrase(phrase: Phrase): string {
  const isAuthor = phrase.every((found) => found.startsWith(byline));
  const words = isAuthor ? phrase.map((found) => found.slice(byline.length)) : phrase;
  const text = words.length === 1 ? words.join('') : `"${words.join(' ')}"`;
  return isAuthor ? `author:${text}` : text;
}

function writePlaces({ sections, sources }: SearchScope): string[] {
  return [...sections.map((section) => `section:${section}`), ...sources.map((source) => `source:${source}`)];
}
