import { withoutControls, withoutOverrides } from '../text/clean-text.ts';
import { allowedElements, droppedWithContent, renamedElements, voidElements } from './allow-list.ts';
import { type Attributes, type BaseUrls, cleanAttributes } from './attributes.ts';
import type { BalancedHtmlWriter } from './balanced-html-writer.ts';
import { escapeAttribute, escapeHtml } from './html-escape.ts';
import type { HtmlHandler, HtmlReader } from './html-reader.ts';

/** Elements nested deeper lose their tags and keep their text: some steps look through all that are open. */
const maxDepth = 100;

/** What becomes of an element. */
interface ElementRule {
  /** Its name in clean HTML. */
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
 * Hears what the parser finds and has written what is allowed of it. An element goes with all that is in it, or
 * leaves its content behind, or stays; nothing reaches the page but tags made here and text that is escaped.
 */
export class HtmlCleaner implements HtmlHandler {
  readonly #reader: HtmlReader;
  readonly #bases: BaseUrls;
  readonly #out: BalancedHtmlWriter;
  /** Whether text may hold, spelt as references, what `withoutControls` took out of the source. */
  readonly #mayHoldControls: boolean;
  /** The elements that the parser holds open, and what stands for each in clean HTML. */
  readonly #open: string[] = [];
  readonly #rules: (ElementRule | null)[] = [];
  /** How many elements deep we are in one that goes whole; 0: outside. */
  #hidden = 0;
  /**
   * Where a browser ends the `noscript` that goes: for it, raw text up to the end tag; for the parser, elements which
   * an end tag of something around them may end much earlier. Until there everything goes. (GHSA-x3q4-9hxx-gx8m)
   */
  #rawEnd: number | null = null;
  #isRaw = false;

  /** @param reader of a source without control characters. */
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
    this.#restWhenFull();
  }

  onclosetag(name: string): void {
    this.#passRawEnd();
    if (!this.#isRaw && this.#hidden > 0) {
      if (--this.#hidden > 0) return;
      this.#isRaw = this.#rawEnd !== null;
    }
    // In raw text that only a browser sees, elements end that were never begun.
    if (this.#open.at(-1) !== name) return;
    this.#open.pop();
    const rule = this.#rules.pop() ?? null;
    if (rule !== null && !voidElements.has(rule.name)) this.#out.endTag(rule.name);
  }

  #write(rule: ElementRule, written: Attributes): void {
    this.#out.startTag(rule.name, this.#attributes(rule, written));
    this.#restWhenFull();
  }

  /** Nothing that comes now has room. */
  #restWhenFull(): void {
    if (this.#out.isFull) this.#reader.stop();
  }

  /** The attributes as they stand in a tag: of those kept, only what the allow-list names. */
  #attributes(rule: ElementRule, written: Attributes): string {
    if (rule.attributes.length === 0) return '';
    const kept = cleanAttributes(rule.name, this.#reader.decodeAttributes(written), this.#bases);
    if (kept === null) return '';
    let text = '';
    for (const name of rule.attributes) {
      const value = kept[name];
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
