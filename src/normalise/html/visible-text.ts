import { droppedWithContent } from './allow-list.ts';
import type { HtmlHandler, HtmlReader } from './html-reader.ts';

const hiddenElements = words(`${droppedWithContent.join(' ')} audio video head`);
const inlineElements = words(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike strong sub sup time tt u var wbr',
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Collects the visible text of HTML, with a space between blocks, and stops parsing at a limit. */
export class VisibleTextCollector implements HtmlHandler {
  readonly #reader: HtmlReader;
  readonly #maxChars: number;
  #text = '';
  #hidden = 0;
  /** Whether the text is empty or ends with white space. */
  #isSeparated = true;

  constructor(reader: HtmlReader, maxChars: number) {
    this.#reader = reader;
    this.#maxChars = maxChars;
  }

  /** The text so far, with white space and characters as in the source. */
  get value(): string {
    return this.#text.slice(0, this.#maxChars);
  }

  onopentagname(name: string): void {
    if (inlineElements.has(name)) return;
    if (hiddenElements.has(name)) this.#hidden++;
    this.#separate();
  }

  onclosetag(name: string): void {
    if (inlineElements.has(name)) return;
    if (hiddenElements.has(name)) this.#hidden--;
    this.#separate();
  }

  ontext(written: string): void {
    // White space between blocks, which is frequent, adds nothing.
    if (this.#hidden > 0 || (this.#isSeparated && !/\S/.test(written))) return;
    this.#text += this.#reader.decodeText(written);
    this.#isSeparated = written.endsWith(' ') || written.endsWith('\n');
    if (this.#text.length >= this.#maxChars) this.#reader.stop();
  }

  #separate(): void {
    if (this.#isSeparated) return;
    this.#text += ' ';
    this.#isSeparated = true;
  }
}
