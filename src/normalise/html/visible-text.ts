import { droppedWithContent } from './allow-list.ts';
import type { HtmlHandler, HtmlReader } from './html-reader.ts';

const unseen = words(`${droppedWithContent.join(' ')} audio video head`);
const inline = words(
  'a abbr acronym b bdi bdo big cite code data del dfn em font i img ins kbd mark q s samp small span strike strong sub sup time tt u var wbr',
);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/** Collects what a person reads in HTML, blocks parted by a space, and stops reading when there is enough of it. */
export class VisibleTextCollector implements HtmlHandler {
  readonly #reader: HtmlReader;
  readonly #enough: number;
  #text = '';
  #hidden = 0;
  /** Whether white space stands at the end, or nothing stands at all. */
  #isParted = true;

  constructor(reader: HtmlReader, enough: number) {
    this.#reader = reader;
    this.#enough = enough;
  }

  /** So far; white space and characters as the source has them. */
  get value(): string {
    return this.#text.slice(0, this.#enough);
  }

  onopentagname(name: string): void {
    if (inline.has(name)) return;
    if (unseen.has(name)) this.#hidden++;
    this.#part();
  }

  onclosetag(name: string): void {
    if (inline.has(name)) return;
    if (unseen.has(name)) this.#hidden--;
    this.#part();
  }

  ontext(written: string): void {
    // White space between blocks, of which there is a lot, adds nothing.
    if (this.#hidden > 0 || (this.#isParted && !/\S/.test(written))) return;
    this.#text += this.#reader.decodeText(written);
    this.#isParted = written.endsWith(' ') || written.endsWith('\n');
    if (this.#text.length >= this.#enough) this.#reader.stop();
  }

  #part(): void {
    if (this.#isParted) return;
    this.#text += ' ';
    this.#isParted = true;
  }
}
