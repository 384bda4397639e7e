import { confusableSkeleton } from './confusable-skeleton.ts';

/** A piece of a comment's text: words, or an address that may be followed. */
export interface TextPart {
  readonly text: string;
  /** Absolute http(s) address; null: words. */
  readonly href: string | null;
}

/** What letters carry above and below them; more than this many is no writing but a stain on the lines around it. */
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
/**
 * Blanks at the end of a line. It begins where a run of blanks does: begun at each of them, a run that ends no line
 * would be read as often as it has blanks.
 */
const trailingBlanks = /(?<![^\S\n])[^\S\n]+\n/g;
/** What is there and cannot be seen, but for the joiners and the variation selector that scripts and emoji need. */
const invisible = /(?!\u200c|\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

/**
 * The text as its writer sees it: line breaks are one character each, whatever the form sent, and what stands around
 * it does not count. The page's own counter goes by the same rule.
 */
export function normaliseInput(raw: string): string {
  return raw.replace(/\r\n?/g, '\n').trim();
}

/** How long a text is, in code points. */
export function countCodePoints(text: string): number {
  return [...text].length;
}

/** A comment's text as it is stored: no control characters, no stacked marks, no holes of empty lines. */
export function normaliseBody(raw: string): string {
  return normaliseInput(raw)
    .toWellFormed()
    .normalize('NFC')
    .replace(/\t/g, ' ')
    .replace(/(?!\n)\p{Cc}/gu, '')
    .replace(stackedMarks, '$1')
    .replace(trailingBlanks, '\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/**
 * A name as it is stored: one line in compatibility form (NFKC, as UTS 39 wants it of identifiers), with nothing in it
 * that hides or turns round what stands beside it. It may be longer than what was sent.
 */
export function normaliseName(raw: string): string {
  return raw
    .toWellFormed()
    .normalize('NFKC')
    .replace(invisible, '')
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .replace(stackedMarks, '$1')
    .trim();
}

/** Whether a text has anything in it that a reader can see. */
export function hasVisibleText(text: string): boolean {
  return /[^\s\u2800\p{M}]/u.test(text.replace(/\p{Default_Ignorable_Code_Point}/gu, ''));
}

/**
 * A text as it is compared with others: its confusable skeleton without case, spaces, marks and punctuation; all of it
 * when nothing is left.
 */
export function comparisonKey(text: string): string {
  const plain = confusableSkeleton(text).replace(/[^\p{L}\p{N}\p{So}]+/gu, '');
  return plain === '' ? text : plain;
}

const address = /\bhttps?:\/\/[^\s<>"'`\u2028\u2029]+/giu;

/** How many addresses a text holds, also those that nobody could follow. */
export function countLinks(text: string): number {
  return text.match(/https?:\/\/|\bwww\./giu)?.length ?? 0;
}

/** Takes the addresses out of a text. All pieces together are the text again. */
export function linkify(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const shown = withoutTrailingPunctuation(match[0]);
    const href = hrefOf(shown);
    if (href === null) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index), href: null });
    parts.push({ text: shown, href });
    done = match.index + shown.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), href: null });
  return parts;
}

/** A sentence's own punctuation is not the address's; a closing bracket is, when it was opened within. */
function withoutTrailingPunctuation(text: string): string {
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1] ?? '';
    const kept = text.slice(0, end);
    if (last === ')' && kept.split('(').length >= kept.split(')').length) break;
    if (!'.,;:!?)]}…»”’'.includes(last)) break;
  }
  return text.slice(0, end);
}

/** With a name before an `@` an address says one host and leads to another: it stays words. */
function hrefOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.username === '' && url.password === '' && /^https?:$/.test(url.protocol) ? url.href : null;
}
