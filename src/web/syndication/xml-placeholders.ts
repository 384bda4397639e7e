import { randomBytes } from 'node:crypto';

/**
 * Placeholders for elements that the `feed` package cannot write, and for texts that it does not escape correctly. `add`
 * returns a placeholder for a text field; `fill` replaces the whole element around each placeholder.
 *
 * A placeholder contains a random word, so that a publisher cannot write one. The result does not depend on the word.
 */
export class XmlPlaceholders {
  readonly #word = randomBytes(12).toString('hex');
  readonly #contents: string[] = [];

  /** @param xml well-formed elements, or nothing. */
  add(xml: string): string {
    this.#contents.push(xml);
    return `${this.#word}-${this.#contents.length - 1}`;
  }

  /** The document with the element of each placeholder replaced by the added XML. */
  fill(document: string): string {
    const placeholder = new RegExp(`<([a-z]+)[^<>]*>(?:<!\\[CDATA\\[)?${this.#word}-(\\d+)(?:\\]\\]>)?</\\1>`, 'g');
    return document.replace(placeholder, (_whole, _name, index) => this.#contents[Number(index)] ?? '');
  }
}
