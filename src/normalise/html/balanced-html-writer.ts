import { truncateBytes } from '../text/clean-text.ts';
import { droppedWithoutAttributes, voidElements } from './allow-list.ts';
import { HtmlElementStack } from './html-element-stack.ts';

/** Clean HTML of bounded size. */
export interface BalancedHtml {
  readonly html: string;
  /** Whether something had to go for its size. */
  readonly truncated: boolean;
}

/**
 * Writes HTML whose elements nest as a browser nests them, and of at most `maxBytes` bytes of UTF-8: a cut falls
 * between tags or characters, and everything open is closed behind it. Linear time for a bounded depth.
 */
export class BalancedHtmlWriter {
  readonly #maxBytes: number;
  readonly #open = new HtmlElementStack();
  /** What is written, in two parts: the bytes of the first are counted, those of the second guessed at their most. */
  #counted = '';
  #countedBytes = 0;
  #uncounted = '';
  #isFull = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether something had no room; nothing is written any more. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** @param escaped text without `<` and `>`, every `&` that of an entity. */
  text(escaped: string): void {
    if (this.#isFull) return;
    const text = this.#hasRoom(escaped.length) ? escaped : truncateEscaped(escaped, this.#countRoom());
    this.#uncounted += text;
    this.#isFull = text.length < escaped.length;
  }

  /** @param attributes as they stand in the tag, a space before each; empty when there are none. */
  startTag(name: string, attributes: string): void {
    if (this.#isFull || (attributes === '' && droppedWithoutAttributes.has(name))) return;
    const closed = this.#open.closedByStart(name);
    if (closed === null) return;
    this.#uncounted += this.#open.close(closed);
    const parent = this.#open.missingParent(name);
    if (parent !== null) this.startTag(parent, '');
    const isVoid = voidElements.has(name);
    const tag = `<${name}${attributes}${isVoid ? ' />' : '>'}`;
    const endChars = isVoid ? 0 : name.length + 3;
    if (!this.#hasRoom(tag.length + endChars) && Buffer.byteLength(tag) + endChars > this.#countRoom()) {
      this.#isFull = true;
    }
    if (this.#isFull) return;
    this.#uncounted += tag;
    if (!isVoid) this.#open.push(name);
  }

  endTag(name: string): void {
    if (!this.#isFull) this.#uncounted += this.#open.close(this.#open.closedByEnd(name));
  }

  /** What was written, with everything closed. */
  finish(): BalancedHtml {
    const html = `${this.#counted}${this.#uncounted}${this.#open.close(this.#open.count)}`;
    // What is left where a paragraph was closed for a block inside it.
    return { html: html.replaceAll('<p></p>', '').trim(), truncated: this.#isFull };
  }

  /** Whether so many more characters fit in any case: counting bytes takes time, and most content is short. */
  #hasRoom(chars: number): boolean {
    const atMost = this.#countedBytes + (this.#uncounted.length + chars) * 3;
    return atMost + this.#open.closingBytes <= this.#maxBytes;
  }

  /** Counts what is written; how many more bytes fit. */
  #countRoom(): number {
    this.#countedBytes += Buffer.byteLength(this.#uncounted);
    this.#counted += this.#uncounted;
    this.#uncounted = '';
    return this.#maxBytes - this.#countedBytes - this.#open.closingBytes;
  }
}

/** A beginning of escaped text that splits neither a character nor an entity. */
function truncateEscaped(text: string, maxBytes: number): string {
  const cut = truncateBytes(text, Math.max(0, maxBytes));
  return cut === text ? text : cut.replace(/&[a-z]*$/, '');
}
