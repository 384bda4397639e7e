import type { ExpectedEntry, IndexedFile, ParserResult, ResultEnclosure, ResultEntry } from './corpus.ts';
import { normaliseText, visibleLetters, visibleText } from './visible-text.ts';

/** The result of one check of a file. */
export interface Check {
  /** `entry.title`, `feed.link`, `entries_count`, … */
  readonly field: string;
  readonly passed: boolean;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** The start of a body that is compared. A sanitiser may truncate or reorder the rest. */
const comparedLetters = 40;
const largestAnswerChars = 5_000_000;

/** Compares the result of a parser with everything that the index expects of a file. */
export function checkFile({ expect }: IndexedFile, read: ParserResult | undefined): Check[] {
  const got = read ?? { file: '', ok: false, error: 'missing' };
  if (expect.survives) return [{ field: 'survives', passed: survived(read), expected: true, actual: got.error }];
  if (expect.ok === false) {
    const made = got.ok && (got.entries ?? []).length > 0;
    return [{ field: 'rejects', passed: !made, expected: false, actual: made }];
  }
  return [
    { field: 'read', passed: got.ok, expected: true, actual: got.error ?? got.ok },
    ...checkFeed(expect, got),
    ...(expect.entries ?? []).flatMap((entry, index) => checkEntry(entry, got.entries?.[index] ?? {})),
  ].map((check) => ({ ...check, passed: check.passed && got.ok }));
}

function survived(read: ParserResult | undefined): boolean {
  if (read === undefined || /timeout|heap/i.test(read.error ?? '')) return false;
  const answer = JSON.stringify(read);
  // A line of /etc/passwd shows that an external entity was read.
  return answer.length < largestAnswerChars && !/root:.*:0:0:/.test(answer);
}

function checkFeed(expect: IndexedFile['expect'], got: ParserResult): Check[] {
  const checks: Check[] = [];
  const { feed = {}, entries_count: count } = expect;
  if (feed.title !== undefined) {
    const actual = got.feed?.title;
    checks.push({ field: 'feed.title', passed: sameText(feed.title, actual), expected: feed.title, actual });
  }
  if (feed.link !== undefined) {
    const actual = got.feed?.link;
    checks.push({ field: 'feed.link', passed: sameUrl(feed.link, actual), expected: feed.link, actual });
  }
  if (count !== undefined) {
    const actual = got.entries?.length ?? 0;
    checks.push({ field: 'entries_count', passed: actual === count, expected: count, actual });
  }
  return checks;
}

type Field = keyof ExpectedEntry;
type Rule<Name extends Field> = (
  expected: NonNullable<ExpectedEntry[Name]> | Extract<ExpectedEntry[Name], null>,
  got: ResultEntry,
) => { readonly passed: boolean; readonly actual: unknown };

/** How each field of an entry is compared. */
const rules: { readonly [Name in Field]-?: Rule<Name> } = {
  id: (expected, { id }) => ({ passed: isGiven(id) && String(id).trim() === expected.trim(), actual: id }),
  title: (expected, { title }) => ({ passed: sameText(expected, title), actual: title }),
  link: (expected, { link }) => ({ passed: sameUrl(expected, link), actual: link }),
  published: (expected, { published }) => ({ passed: sameInstant(expected, published), actual: published }),
  updated: (expected, { updated }) => ({ passed: sameInstant(expected, updated), actual: updated }),
  date: (expected, { published, updated }) => ({
    passed:
      expected === null
        ? !isGiven(published) && !isGiven(updated)
        : sameInstant(expected, published) || sameInstant(expected, updated),
    actual: published ?? updated,
  }),
  author: (expected, { author }) => ({
    passed: isGiven(author) && visibleText(author).includes(normaliseText(expected)),
    actual: author,
  }),
  categories: hasCategories,
  categories_include: hasCategories,
  enclosures: (expected, { enclosures }) => ({
    passed: expected.every((wanted) => enclosures?.some((one) => sameEnclosure(wanted, one))),
    actual: enclosures,
  }),
  has_summary: (_, { summary, content }) => ({
    passed: lettersOf(summary) + lettersOf(content) !== '',
    actual: summary,
  }),
  has_content: (_, { content }) => ({ passed: lettersOf(content) !== '', actual: content }),
  body_start: (expected, { summary, content }) => {
    const bodies = [content, summary].map(lettersOf);
    const start = expected.slice(0, comparedLetters);
    return {
      passed: bodies.some((body) => body.startsWith(start)),
      actual: (bodies.find((body) => body !== '') ?? '').slice(0, expected.length),
    };
  },
};

function checkEntry(expected: ExpectedEntry, got: ResultEntry): Check[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    // An index may have keys that have no check.
    if (!Object.hasOwn(rules, name)) return [];
    const rule = rules[name as Field] as (expected: unknown, got: ResultEntry) => ReturnType<Rule<Field>>;
    return [{ field: `entry.${name}`, expected: value, ...rule(value, got) }];
  });
}

function isGiven<T>(value: T | null | undefined): value is T {
  return value !== null && value !== undefined && value !== '';
}

function sameText(expected: string | null, actual: string | null | undefined): boolean {
  if (expected === null || !isGiven(actual)) return expected === null && !isGiven(actual);
  return visibleText(actual) === visibleText(expected);
}

function sameUrl(expected: string | null, actual: string | null | undefined): boolean {
  if (expected === null || !isGiven(actual)) return expected === null && !isGiven(actual);
  return normaliseUrl(actual) === normaliseUrl(expected);
}

/** The serialised URL (WHATWG URL); the trimmed text if it is not a URL. */
function normaliseUrl(url: string): string {
  return URL.parse(url.trim())?.href ?? url.trim();
}

/** Compares to the second: not every date format has fractions. */
function sameInstant(expected: string, actual: string | null | undefined): boolean {
  return isGiven(actual) && Math.floor(Date.parse(actual) / 1000) === Math.floor(Date.parse(expected) / 1000);
}

function hasCategories(expected: readonly string[], { categories }: ResultEntry) {
  const labels = new Set((categories ?? []).map(visibleText));
  return { passed: expected.every((label) => labels.has(visibleText(label))), actual: categories };
}

function sameEnclosure(wanted: NonNullable<ExpectedEntry['enclosures']>[number], got: ResultEnclosure): boolean {
  if (normaliseUrl(wanted.url) !== normaliseUrl(got.url)) return false;
  const { type = '', length = '' } = wanted;
  return (type === '' || type === got.type) && (!length || String(length) === String(got.length));
}

function lettersOf(markup: string | null | undefined): string {
  return isGiven(markup) ? visibleLetters(markup) : '';
}
