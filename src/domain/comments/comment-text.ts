import { confusableSkeleton } from './confusable-skeleton.ts';

/** A part of a text: plain text, or a link. */
export interface TextPart {
  readonly text: string;
  /** Absolute http(s) address; null: plain text. */
  readonly href: string | null;
}

/** More than four combining marks on a character: no language needs them, and they cover the lines around. */
const stackedMarks = /(\p{M}{4})\p{M}+/gu;
/**
 * Blanks at the end of a line. The look-behind lets a match start only at the first blank of a run: a match attempt at
 * every blank would take quadratic time.
 */
const trailingBlanks = /(?<![^\S\n])[^\S\n]+\n/g;
/** Invisible characters, except the joiners and the variation selector that some scripts and emoji need. */
const invisible = /(?!\u200c|\u200d|\ufe0f)\p{Default_Ignorable_Code_Point}/gu;

/** Trims a text and converts line breaks to LF. The character counter of the page applies the same rule. */
export function normaliseInput(raw: string): string {
  return raw.replace(/\r\n?/g, '\n').trim();
}

/** The length of a text in code points. */
export function countCodePoints(text: string): number {
  return [...text].length;
}

/** A comment text for storage: NFC, without control characters, stacked combining marks and runs of empty lines. */
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
 * A name for storage: one line in NFKC (as UTS 39 requires of identifiers), without invisible characters and direction
 * controls. The result can be longer than the input.
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

/** Whether a text contains a visible character. */
export function hasVisibleText(text: string): boolean {
  return /[^\s\u2800\p{M}]/u.test(text.replace(/\p{Default_Ignorable_Code_Point}/gu, ''));
}

/**
 * The key by which duplicate texts are found: the confusable skeleton without case, spaces, marks and punctuation. When
 * nothing remains, the text itself.
 */
export function comparisonKey(text: string): string {
  const plain = confusableSkeleton(text).replace(/[^\p{L}\p{N}\p{So}]+/gu, '');
  return plain === '' ? text : plain;
}

const address = /\bhttps?:\/\/[^\s<>"'`\u2028\u2029]+/giu;

/** The number of addresses in a text, including malformed ones. */
export function countLinks(text: string): number {
  return text.match(/https?:\/\/|\bwww\./giu)?.length ?? 0;
}

/** Splits a text at its addresses. The concatenated parts are the text. */
export function linkify(text: string): readonly TextPart[] {
  const parts: TextPart[] = [];
  let done = 0;
  for (const match of text.matchAll(address)) {
    const linkText = withoutTrailingPunctuation(match[0]);
    const href = hrefOf(linkText);
    if (href === null) continue;
    if (match.index > done) parts.push({ text: text.slice(done, match.index), href: null });
    parts.push({ text: linkText, href });
    done = match.index + linkText.length;
  }
  if (done < text.length) parts.push({ text: text.slice(done), href: null });
  return parts;
}

/** Punctuation at the end belongs to the sentence. A closing bracket belongs to the address if it also contains the opening one. */
function withoutTrailingPunctuation(text: string): string {
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text[end - 1] ?? '';
    const candidate = text.slice(0, end);
    if (last === ')' && candidate.split('(').length >= candidate.split(')').length) break;
    if (!'.,;:!?)]}…»”’'.includes(last)) break;
  }
  return text.slice(0, end);
}

/** An address with user information can disguise its host (`https://bank.example@evil.example`): it is not linked. */
function hrefOf(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  return url.username === '' && url.password === '' && /^https?:$/.test(url.protocol) ? url.href : null;
}
