import { truncateBytes } from '../text/truncate.ts';
import { droppedWithoutAttributes, voidElements } from './allow-list.ts';
import { HtmlElementStack } from './html-element-stack.ts';

/** Well-nested HTML of bounded size. */
export interface BalancedHtml {
  readonly html: string;
  /** Whether content was dropped because of the size limit. */
  readonly truncated: boolean;
}

/**
 * Writes HTML whose elements are nested as browsers nest them, with at most `maxBytes` bytes of UTF-8. Truncates between
 * tags or characters and closes all open elements. Linear time for a bounded depth.
 */
export class BalancedHtmlWriter {
  readonly #maxBytes: number;
  readonly #open = new HtmlElementStack();
  /** The output in two parts: the bytes of the first are counted, those of the second are estimated as the maximum. */
  #counted = '';
  #countedBytes = 0;
  #uncounted = '';
  #isFull = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether the size limit was reached. Nothing more is written then. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** @param escaped text without `<` and `>`, in which each `&` begins an entity. */
  text(escaped: string): void {
    if (this.#isFull) return;
    const text = this.#hasRoom(escaped.length) ? escaped : truncateEscaped(escaped, this.#countRoom());
    this.#uncounted += text;
    this.#isFull = text.length < escaped.length;
  }

  /** @param attributes as written in the tag, each after a space; empty if there are none. */
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

  /** Closes all open elements and returns the output. */
  finish(): BalancedHtml {
    const html = `${this.#counted}${this.#uncounted}${this.#open.close(this.#open.count)}`;
    // Empty paragraphs result from closing a paragraph before a block inside it.
    return { html: html.replaceAll('<p></p>', '').trim(), truncated: this.#isFull };
  }

  /** Whether this many more characters certainly fit. Avoids counting bytes: most content is short. */
  #hasRoom(chars: number): boolean {
    const atMost = this.#countedBytes + (this.#uncounted.length + chars) * 3;
    return atMost + this.#open.closingBytes <= this.#maxBytes;
  }

  /** Counts the bytes of the output. @returns how many more bytes fit. */
  #countRoom(): number {
    this.#countedBytes += Buffer.byteLength(this.#uncounted);
    this.#counted += this.#uncounted;
    this.#uncounted = '';
    return this.#maxBytes - this.#countedBytes - this.#open.closingBytes;
  }
}

/** Truncates escaped text without splitting a character or an entity. */
function truncateEscaped(text: string, maxBytes: number): string {
  const cut = truncateBytes(text, Math.max(0, maxBytes));
  return cut === text ? text : cut.replace(/&[a-z]*$/, '');
}
