import { slug } from '../slug.ts';

/** Folded words that must follow each other. A single word is a phrase of one. */
export type Phrase = readonly string[];

/** A parsed search: every `required` phrase must occur, no `excluded` one may. */
export interface SearchQuery {
  readonly required: readonly Phrase[];
  readonly excluded: readonly Phrase[];
  /** The item must be in one of these; empty: no restriction. */
  readonly includedScope: SearchScope;
  /** The item must be in none of these. */
  readonly excludedScope: SearchScope;
  /** Only items with a sort time at or after this; null: no bound. */
  readonly afterMs: number | null;
  /** Only items with a sort time before this; null: no bound. */
  readonly beforeMs: number | null;
}

/** Sections and sources named by a search. */
export interface SearchScope {
  /** Slugs. */
  readonly sections: readonly string[];
  /** Ids. */
  readonly sources: readonly string[];
}

/** Terms in one search. Each one is a lookup of its own. */
export const maxSearchTerms = 32;

// A word is a run of letters, digits and private-use characters. Combining accents belong to it and are dropped. These are
// the classes of SQLite's tokenizer "unicode61 remove_diacritics 2", so that a search in the database and a filter here
// agree; a test compares both over all of Unicode 6.1.
const accents = '\\u0300-\\u0304\\u0306-\\u030c\\u030f\\u0311\\u031b\\u0323-\\u0328\\u032d\\u032e\\u0330\\u0331';
const word = new RegExp(`[\\p{L}\\p{N}\\p{Co}${accents}]+`, 'gu');
const accent = new RegExp(`[${accents}]`, 'gu');
const plainAscii = /^[a-z0-9]*$/;

/** Folds case and, for Latin letters, accents. Characters that fold into several are unchanged. */
function foldCharacter(character: string): string {
  if (character === '\u0130') return 'i';
  if (character === '\u0131') return character;
  const upper = character.toUpperCase();
  const lower = ([...upper].length === 1 ? upper : character).toLowerCase();
  if ([...lower].length !== 1) return character;
  const parts = lower.normalize('NFD');
  return /^[a-z]\p{M}+$/u.test(parts) ? parts.slice(0, 1) : lower;
}

// Prefix of each word of an author's name in the search text, so that `author:` becomes a phrase of words that occur in no
// other text. A private-use character, which counts as a letter both here and in the database.
const authorPrefix = '\uf8ff';

function foldWord(text: string): string {
  const lower = text.toLowerCase();
  if (plainAscii.test(lower)) return lower;
  return [...text.replace(accent, '')].map(foldCharacter).join('');
}

/** The folded words of a text in order: `Über-Budget` -> `uber`, `budget`. */
export function searchWords(text: string): string[] {
  return (text.match(word) ?? []).map(foldWord).filter((found) => found !== '');
}

/** A folded word and its position in the text. */
export interface WordSpan {
  readonly word: string;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** The words of `searchWords` with their positions. */
export function wordSpans(text: string): WordSpan[] {
  return [...text.matchAll(word)].flatMap(({ 0: raw, index }) => {
    const folded = foldWord(raw);
    return folded === '' ? [] : [{ word: folded, start: index, end: index + raw.length }];
  });
}

/** Prepares a text for many searches: its folded words, separated and surrounded by single spaces. */
export function toSearchableText(text: string): string {
  return ` ${searchWords(text).join(' ')} `;
}

/** Whether a text from `toSearchableText` matches the query. Scopes and dates are not checked. */
export function matchesSearch(query: SearchQuery, text: string): boolean {
  const holds = (phrase: Phrase) => text.includes(` ${phrase.join(' ')} `);
  return query.required.every(holds) && !query.excluded.some(holds);
}

/**
 * The same with the set of words of the text: the text itself is scanned only for a phrase of several words that all
 * occur.
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
  // Date.parse may roll an impossible day over into the next month; compare the result with the input.
  return Number.isNaN(ms) || new Date(ms).toISOString().slice(0, 10) !== text ? null : ms;
}

/** The words of an author's name in the form that `author:` matches, to be added to an item's search text. */
export function authorSearchTerms(name: string): string {
  return searchWords(name)
    .map((found) => authorPrefix + found)
    .join(' ');
}

/** A query that is being parsed. */
interface Draft extends SearchQuery {
  readonly required: Phrase[];
  readonly excluded: Phrase[];
  readonly includedScope: DraftScope;
  readonly excludedScope: DraftScope;
  afterMs: number | null;
  beforeMs: number | null;
}

interface DraftScope extends SearchScope {
  readonly sections: string[];
  readonly sources: string[];
}

/** One term of the input. */
interface Term {
  readonly isExcluded: boolean;
  /** Lower-cased; '' for none. */
  readonly field: string;
  readonly value: string;
}

/**
 * Parses the text of a search box. It never fails: unrecognised syntax is searched for as words.
 *
 * - `budget vote`: both words, anywhere; case and accents are ignored.
 * - `"budget vote"`: the words in this order, next to each other. `covid-19` is parsed the same way.
 * - `section:world`, `source:example`, `author:"A. Writer"`: only items of that section, source or author; several
 *   sections or sources mean any of them.
 * - `-sport`, `-"stock market"`, `-section:sport`: without these.
 * - `after:2026-01-31`, `before:2026-02-28`: from that day on; up to the day before (UTC).
 */
export function parseSearchQuery(text: string): SearchQuery {
  const emptyScope = (): DraftScope => ({ sections: [], sources: [] });
  const bounds = { afterMs: null, beforeMs: null };
  const query: Draft = {
    required: [],
    excluded: [],
    includedScope: emptyScope(),
    excludedScope: emptyScope(),
    ...bounds,
  };
  const pattern = /(-?)(?:(section|source|author|after|before):(?=[^\s]))?(?:"([^"]*)"?|([^\s"]+))/gi;
  for (const [, minus, field = '', quoted, bare = ''] of text.matchAll(pattern)) {
    addTerm(query, { isExcluded: minus === '-', field: field.toLowerCase(), value: quoted ?? bare });
  }
  return query;
}

function addTerm(query: Draft, term: Term): void {
  const { isExcluded, field, value } = term;
  const scope = isExcluded ? query.excludedScope : query.includedScope;
  const phrases = isExcluded ? query.excluded : query.required;
  const words = searchWords(value);
  const dayMs = isExcluded ? null : parseDay(value);
  if (field === 'after' && dayMs !== null) query.afterMs = dayMs;
  else if (field === 'before' && dayMs !== null) query.beforeMs = dayMs;
  else if (words.length === 0) return;
  else if (field === 'section') scope.sections.push(slug(value));
  else if (field === 'source') scope.sources.push(slug(value));
  else if (field === 'author') phrases.push(words.map((found) => authorPrefix + found));
  else phrases.push(field === '' ? words : [field, ...words]);
}

/** Number of words and scopes in a query. */
export function countSearchTerms({ required, excluded, includedScope, excludedScope }: SearchQuery): number {
  const words = [...required, ...excluded].reduce((sum, phrase) => sum + phrase.length, 0);
  return [includedScope, excludedScope].reduce(
    (sum, { sections, sources }) => sum + sections.length + sources.length,
    words,
  );
}

/** Whether a query has no restriction at all. */
export function isEmptyQuery(query: SearchQuery): boolean {
  return formatSearchQuery(query) === '';
}

/** Canonical text of a query: equal for equivalent queries. */
export function formatSearchQuery(query: SearchQuery): string {
  const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
  const parts = [
    ...query.required.map(formatPhrase),
    ...query.excluded.map((phrase) => `-${formatPhrase(phrase)}`),
    ...formatScope(query.includedScope),
    ...formatScope(query.excludedScope).map((term) => `-${term}`),
    ...(query.afterMs === null ? [] : [`after:${day(query.afterMs)}`]),
    ...(query.beforeMs === null ? [] : [`before:${day(query.beforeMs)}`]),
  ];
  return [...new Set(parts)].sort().join(' ');
}

function formatPhrase(phrase: Phrase): string {
  const isAuthor = phrase.every((found) => found.startsWith(authorPrefix));
  const words = isAuthor ? phrase.map((found) => found.slice(authorPrefix.length)) : phrase;
  const text = words.length === 1 ? words.join('') : `"${words.join(' ')}"`;
  return isAuthor ? `author:${text}` : text;
}

function formatScope({ sections, sources }: SearchScope): string[] {
  return [...sections.map((section) => `section:${section}`), ...sources.map((source) => `source:${source}`)];
}
