import { randomBytes } from 'node:crypto';

/**
 * Places in a document of the `feed` package that we fill ourselves: elements it does not know, and texts that it does
 * not escape right. `put` gives a stand-in for a text field; `fill` replaces the whole element around each stand-in.
 *
 * The stand-in holds a random word, so that no publisher can write one; it is gone after `fill`, and the result does
 * not depend on it.
 */
export class XmlPlaceholders {
  readonly #word = randomBytes(12).toString('hex');
  readonly #filling: string[] = [];

  /** @param xml well-formed elements, or nothing. */
  add(xml: string): string {
    this.#filling.push(xml);
    return `${this.#word}-${this.#filling.length - 1}`;
  }

  /** The document with every slot's element replaced by what was put into it. */
  fill(document: string): string {
    const standIn = new RegExp(`<([a-z]+)[^<>]*>(?:<!\\[CDATA\\[)?${this.#word}-(\\d+)(?:\\]\\]>)?</\\1>`, 'g');
    return document.replace(standIn, (_whole, _name, index) => this.#filling[Number(index)] ?? '');
  }
}
