import { Parser } from 'htmlparser2';
import { type ProblemList, quote } from '../problems/problem-list.ts';
import { sourceSchema } from '../schema/source-schema.ts';
import type { FileDeclarations, SourceEntry } from './file-declarations.ts';
import { noDeclarations } from './file-declarations.ts';

const maxOutlines = 50_000;
const maxDepth = 64;
const maxTitleChars = 200;
const maxSectionChars = 60;

interface Outline {
  /** The section for nested outlines; null for an outline that is a source. */
  readonly heading: string | null;
}

/**
 * Reads an OPML file: every `outline` with an `xmlUrl` is a source, in the section named by the nearest enclosing
 * outline. The parser supports only the five predefined XML entities and fetches nothing, so a DTD can neither expand
 * the document nor read a file. `${NAME}` is not resolved: OPML files often come from third parties, who could
 * otherwise have secrets of the environment sent to an address of theirs.
 */
export function readOpmlFile(
  file: { readonly name: string; readonly text: string },
  problems: ProblemList,
): FileDeclarations {
  const reader = new OpmlReader(file, problems);
  const parser = new Parser(reader, { xmlMode: true, decodeEntities: true });
  reader.attach(parser);
  parser.end(file.text);
  return reader.part();
}

class OpmlReader {
  readonly #file: { readonly name: string; readonly text: string };
  readonly #problems: ProblemList;
  readonly #sources: SourceEntry[] = [];
  readonly #open: Outline[] = [];
  #parser: Parser | null = null;
  #outlines = 0;
  #isTooDeep = false;
  #root: 'unseen' | 'open' | 'closed' | 'truncated' | 'other' = 'unseen';
  #line = 1;
  #counted = 0;

  constructor(file: { readonly name: string; readonly text: string }, problems: ProblemList) {
    this.#file = file;
    this.#problems = problems;
  }

  attach(parser: Parser): void {
    this.#parser = parser;
  }

  onopentag(name: string, attributes: Record<string, string>): void {
    const tag = name.toLowerCase();
    if (this.#root === 'unseen') this.#root = tag === 'opml' ? 'open' : 'other';
    if (tag !== 'outline' || this.#root !== 'open') return;
    this.#outlines += 1;
    if (this.#open.length >= maxDepth) this.#isTooDeep = true;
    const fields = new Map(Object.entries(attributes).map(([key, value]) => [key.toLowerCase(), value.trim()]));
    const label = fields.get('title') || fields.get('text') || null;
    const url = fields.get('xmlurl');
    if (url === undefined && !/^(?:rss|atom|feed)$/i.test(fields.get('type') ?? '')) {
      this.#open.push({ heading: label });
      return;
    }
    this.#open.push({ heading: null });
    if (this.#outlines <= maxOutlines) this.#addSource(url ?? '', label);
  }

  onclosetag(name: string, isImplied: boolean): void {
    const tag = name.toLowerCase();
    if (tag === 'outline') this.#open.pop();
    if (tag === 'opml' && this.#root === 'open') this.#root = isImplied ? 'truncated' : 'closed';
  }

  part(): FileDeclarations {
    const error = this.#error();
    if (error === null) return { ...noDeclarations, sources: this.#sources };
    this.#problems.add({ where: `${this.#file.name}:${error.line}`, what: error.what, remedy: error.remedy });
    return noDeclarations;
  }

  #error(): { line: number; what: string; remedy: string } | null {
    if (this.#root === 'unseen' || this.#root === 'other') {
      return { line: 1, what: 'the file is not OPML', remedy: 'Export the subscriptions as OPML again' };
    }
    if (this.#root !== 'closed') {
      const line = this.#file.text.split('\n').length;
      return { line, what: 'the file ends before </opml>', remedy: 'Copy the complete file again' };
    }
    if (this.#isTooDeep) {
      return { line: 1, what: `the outlines are nested more than ${maxDepth} deep`, remedy: 'Reduce the nesting' };
    }
    return this.#outlines <= maxOutlines
      ? null
      : { line: 1, what: `the file has more than ${maxOutlines} outlines`, remedy: 'Split it into several files' };
  }

  #addSource(url: string, label: string | null): void {
    const where = `${this.#file.name}:${this.#lineHere()}`;
    const section = this.#open.findLast((outline) => outline.heading !== null)?.heading ?? null;
    const parsed = sourceSchema.safeParse({
      url,
      title: plain(label, maxTitleChars),
      section: plain(section, maxSectionChars),
    });
    if (parsed.success) {
      this.#sources.push({
        fields: parsed.data,
        rawUrl: url,
        urlReferences: { masked: url, secrets: [] },
        where,
        positionOf: () => where,
      });
      return;
    }
    const bad =
      parsed.error.issues[0]?.path[0] === 'section' ? `has an invalid section ${quote(section)}` : 'has no xmlUrl';
    this.#problems.add({ where, what: `an outline ${bad}`, remedy: 'Correct or remove the outline' });
  }

  /** The line of the current tag. Counts on from the previous call: linear over the file. */
  #lineHere(): number {
    const index = this.#parser?.startIndex ?? 0;
    for (let at = this.#file.text.indexOf('\n', this.#counted); at !== -1 && at < index; ) {
      this.#line += 1;
      this.#counted = at + 1;
      at = this.#file.text.indexOf('\n', this.#counted);
    }
    return this.#line;
  }
}

/** An external label as a single line of limited length. */
function plain(text: string | null, maxChars: number): string | null {
  const flat = (text ?? '').replace(/[\p{Cc}\s]+/gu, ' ').trim();
  return flat === '' ? null : [...flat].slice(0, maxChars).join('');
}
