import { withoutControls, withoutOverrides } from '../text/clean-text.ts';
import { allowedElements, droppedWithContent, renamedElements, voidElements } from './allow-list.ts';
import { type Attributes, type BaseUrls, cleanAttributes } from './attributes.ts';
import type { BalancedHtmlWriter } from './balanced-html-writer.ts';
import { escapeAttribute, escapeHtml } from './html-escape.ts';
import type { HtmlHandler, HtmlReader } from './html-reader.ts';

/** Deeper elements lose their tags but keep their text. Bounds the steps that search all open elements. */
const maxDepth = 100;

/** How an element is written. */
interface ElementRule {
  readonly name: string;
  /** The attributes that may be written, in this order. */
  readonly attributes: readonly string[];
}

const rules: ReadonlyMap<string, ElementRule> = new Map([
  ...Object.entries(allowedElements).map(([name, attributes]): [string, ElementRule] => [name, { name, attributes }]),
  ...Object.entries(renamedElements).map(([from, name]): [string, ElementRule] => [
    from,
    { name, attributes: allowedElements[name] ?? [] },
  ]),
]);
const dropped: ReadonlySet<string> = new Set(droppedWithContent);

/**
 * Handles parser events and writes the allowed ones. An element is kept, dropped without its content, or dropped with it.
 * The output consists only of tags generated here and of escaped text.
 */
export class HtmlCleaner implements HtmlHandler {
  readonly #reader: HtmlReader;
  readonly #bases: BaseUrls;
  readonly #out: BalancedHtmlWriter;
  /** Whether text may contain references to characters that `withoutControls` removed from the source. */
  readonly #mayHoldControls: boolean;
  /** The open elements of the parser, and the rule of each; null for an element that is dropped. */
  readonly #open: string[] = [];
  readonly #rules: (ElementRule | null)[] = [];
  /** The depth inside an element that is dropped with its content; 0 outside such. */
  #hidden = 0;
  /**
   * The position where a browser ends an open `noscript`. For a browser its content is raw text up to the end tag. For the
   * parser it consists of elements, which an outer end tag may close much earlier. Everything up to this position is
   * dropped (GHSA-x3q4-9hxx-gx8m).
   */
  #rawEnd: number | null = null;
  #isRaw = false;

  /** @param reader its source must not contain control characters. */
  constructor(reader: HtmlReader, bases: BaseUrls, out: BalancedHtmlWriter) {
    this.#reader = reader;
    this.#bases = bases;
    this.#out = out;
    this.#mayHoldControls = ['&#', '\u202d', '\u202e'].some((part) => reader.source.includes(part));
  }

  onopentag(name: string, written: Attributes): void {
    this.#passRawEnd();
    if (this.#isRaw) return;
    if (this.#hidden > 0) {
      this.#hidden++;
      return;
    }
    const rule = this.#open.length < maxDepth ? (rules.get(name) ?? null) : null;
    this.#open.push(name);
    this.#rules.push(rule);
    if (rule !== null) this.#write(rule, written);
    else if (dropped.has(name)) this.#hide(name);
  }

  ontext(written: string): void {
    this.#passRawEnd();
    if (this.#hidden > 0 || this.#isRaw) return;
    if (!this.#mayHoldControls) this.#out.text(this.#reader.cleanText(written));
    else this.#out.text(escapeHtml(withoutOverrides(withoutControls(this.#reader.decodeText(written)))));
    this.#stopWhenFull();
  }

  onclosetag(name: string): void {
    this.#passRawEnd();
    if (!this.#isRaw && this.#hidden > 0) {
      if (--this.#hidden > 0) return;
      this.#isRaw = this.#rawEnd !== null;
    }
    // The parser may close elements that it opened in what is raw text for browsers.
    if (this.#open.at(-1) !== name) return;
    this.#open.pop();
    const rule = this.#rules.pop() ?? null;
    if (rule !== null && !voidElements.has(rule.name)) this.#out.endTag(rule.name);
  }

  #write(rule: ElementRule, written: Attributes): void {
    this.#out.startTag(rule.name, this.#attributes(rule, written));
    this.#stopWhenFull();
  }

  /** Stops the parser when the size limit is reached. */
  #stopWhenFull(): void {
    if (this.#out.isFull) this.#reader.stop();
  }

  /** The attributes as written in a tag: only those of the allow-list. */
  #attributes(rule: ElementRule, written: Attributes): string {
    if (rule.attributes.length === 0) return '';
    const clean = cleanAttributes(rule.name, this.#reader.decodeAttributes(written), this.#bases);
    if (clean === null) return '';
    let text = '';
    for (const name of rule.attributes) {
      const value = clean[name];
      if (value === '' && name !== 'alt') text += ` ${name}`;
      else if (value !== undefined) text += ` ${name}="${escapeAttribute(value)}"`;
    }
    return text;
  }

  #hide(name: string): void {
    this.#hidden = 1;
    if (name !== 'noscript') return;
    const end = /<\/noscript[\t\n\f\r />]/gi;
    end.lastIndex = this.#reader.endIndex + 1;
    this.#rawEnd = end.exec(this.#reader.source)?.index ?? Number.POSITIVE_INFINITY;
  }

  #passRawEnd(): void {
    if (this.#rawEnd === null || this.#reader.startIndex < this.#rawEnd) return;
    this.#rawEnd = null;
    this.#isRaw = false;
  }
}
