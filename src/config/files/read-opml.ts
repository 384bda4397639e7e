import { Parser } from 'htmlparser2';
import { cleanLine } from '../../runtime/clean-line.ts';

const maxOutlines = 50_000;
const maxDepth = 64;
const maxTitleChars = 200;
const maxSectionChars = 60;
/** A longer label is cut before it is cleaned: many outlines may stand below one heading of many megabytes. */
const maxLabelChars = 1000;
/** The parser is given the text in pieces, so that it stops soon after a limit is exceeded. */
const pieceChars = 64 * 1024;

/** An outline that names a feed. */
export interface OpmlOutline {
  /** Line of its tag, from 1. */
  readonly line: number;
  /** One line without control characters. */
  readonly title: string | null;
  /** The nearest enclosing heading with a letter or a digit, as one line without control characters. */
  readonly section: string | null;
  /** Its URL as written, `feed:` replaced by `https:`; not validated. Empty: none. */
  readonly url: string;
  /** Why it cannot be a source, whatever its URL is; null: it can. */
  readonly unusable: string | null;
}

/** The outlines of a document, or why it is not a usable OPML document. */
export type OpmlDocument =
  | { readonly kind: 'read'; readonly outlines: readonly OpmlOutline[] }
  | { readonly kind: 'invalid'; readonly line: number; readonly what: string; readonly remedy: string };

/**
 * Reads OPML: every `outline` with an `xmlUrl` names a feed, in the section of the nearest enclosing outline without one.
 * The parser supports only the five predefined XML entities and fetches nothing, so a DTD can neither expand the document
 * nor read a file. Lists in a list (`type="include"`) are not followed.
 */
export function readOpml(text: string): OpmlDocument {
  const reader = new OpmlReader(text);
  const parser = new Parser(reader, { xmlMode: true, decodeEntities: true });
  reader.attach(parser);
  for (let at = 0; at < text.length && !reader.isOver; at += pieceChars) parser.write(text.slice(at, at + pieceChars));
  if (!reader.isOver) parser.end();
  return reader.document();
}

type Attributes = ReadonlyMap<string, string>;

class OpmlReader {
  readonly #text: string;
  readonly #outlines: OpmlOutline[] = [];
  /** The sections that the open outlines are headings of; null for an outline that names a feed. */
  readonly #open: (string | null)[] = [];
  #parser: Parser | null = null;
  #isTooDeep = false;
  #hasDtd = false;
  #root: 'unseen' | 'open' | 'closed' | 'truncated' | 'other' = 'unseen';
  #line = 1;
  #counted = 0;

  constructor(text: string) {
    this.#text = text;
  }

  attach(parser: Parser): void {
    this.#parser = parser;
  }

  /** Whether the rest of the text cannot change the result. */
  get isOver(): boolean {
    return this.#isTooDeep || this.#outlines.length > maxOutlines || this.#root === 'other';
  }

  onprocessinginstruction(name: string): void {
    if (name.toLowerCase() === '!doctype') this.#hasDtd = true;
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    const tag = name.toLowerCase();
    if (this.#root === 'unseen') this.#root = tag === 'opml' ? 'open' : 'other';
    if (tag !== 'outline' || this.#root !== 'open' || this.isOver) return;
    if (this.#open.length >= maxDepth) this.#isTooDeep = true;
    const fields = new Map(Object.entries(attributes).map(([key, value]) => [key.toLowerCase(), value.trim()]));
    const label = (fields.get('title') || fields.get('text') || '').slice(0, maxLabelChars);
    const isHeading = !fields.has('xmlurl') && !/^(?:rss|atom|feed|include)$/i.test(fields.get('type') ?? '');
    if (!isHeading) this.#addOutline(fields, label);
    const canBeSection = isHeading && /[\p{L}\p{N}]/u.test(label);
    this.#open.push(canBeSection ? oneLine(label, maxSectionChars) : null);
  }

  onclosetag(name: string, isImplied: boolean): void {
    const tag = name.toLowerCase();
    if (tag === 'outline') this.#open.pop();
    if (tag === 'opml' && this.#root === 'open') this.#root = isImplied ? 'truncated' : 'closed';
  }

  document(): OpmlDocument {
    const error = this.#error();
    return error === null ? { kind: 'read', outlines: this.#outlines } : { kind: 'invalid', ...error };
  }

  #error(): { line: number; what: string; remedy: string } | null {
    if (this.#root === 'unseen' || this.#root === 'other') {
      return { line: 1, what: 'the file is not OPML', remedy: 'Export the subscriptions as OPML again' };
    }
    if (this.#isTooDeep) {
      return { line: 1, what: `the outlines are nested more than ${maxDepth} deep`, remedy: 'Reduce the nesting' };
    }
    if (this.#outlines.length > maxOutlines) {
      const remedy = 'Split it into several files';
      return { line: 1, what: `the file has more than ${maxOutlines} outlines`, remedy };
    }
    if (this.#root === 'closed') return null;
    const line = this.#text.split('\n').length;
    return { line, what: 'the file ends before </opml>', remedy: 'Copy the complete file again' };
  }

  #addOutline(fields: Attributes, label: string): void {
    const url = fields.get('xmlurl') ?? '';
    this.#outlines.push({
      line: this.#lineHere(),
      title: oneLine(label, maxTitleChars),
      section: this.#open.findLast((section) => section !== null) ?? null,
      url: url.replace(/^feed:(?:\/\/)?(?=https?:)/i, '').replace(/^feed:(?:\/\/)?/i, 'https://'),
      unusable: this.#whyUnusable(fields),
    });
  }

  #whyUnusable(fields: Attributes): string | null {
    const type = fields.get('type') ?? '';
    const url = fields.get('xmlurl') ?? '';
    if (/^include$/i.test(type)) return 'is a list, and lists in a list are not followed';
    if (url === '') return 'has no xmlUrl';
    // FreshRSS: the URL of a page with the rules for extracting items.
    if (/xpath|dotnotation/i.test(type)) return 'is not a feed: the exporting reader extracts its items from a page';
    if (this.#hasDtd && /&[\w.:-]+;/.test(url)) return 'uses an entity of a DTD, and entities are not resolved';
    return null;
  }

  /** The line of the current tag. Counts on from the previous call: linear over the text. */
  #lineHere(): number {
    const index = this.#parser?.startIndex ?? 0;
    for (let at = this.#text.indexOf('\n', this.#counted); at !== -1 && at < index; ) {
      this.#line += 1;
      this.#counted = at + 1;
      at = this.#text.indexOf('\n', this.#counted);
    }
    return this.#line;
  }
}

/** A label of a third party as a single line of limited length. */
function oneLine(text: string, maxChars: number): string | null {
  const flat = cleanLine(text.replace(/\s+/gu, ' '), Number.POSITIVE_INFINITY);
  return flat === '' ? null : [...flat].slice(0, maxChars).join('').trimEnd();
}
