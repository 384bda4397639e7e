const blocks = words(
  'blockquote dd details div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr li ol p pre summary table ul',
);
const headings = words('h1 h2 h3 h4 h5 h6');
const cells = words('caption td th');
const sections = words('tbody tfoot thead');
/** Elements whose end tags a browser adds by itself (HTML §13.2.6.3). */
const implied = words('dd dt li p rp rt');
/** Special elements (HTML §13.2.4.2) but div and p: what a new list item does not reach through. */
const special =
  'blockquote caption details dl figcaption figure h1 h2 h3 h4 h5 h6 ol pre summary table tbody td tfoot th thead tr ul';

const li = words('li');
const terms = words('dd dt');
const anchor = words('a');
const table = words('table');
const itemBarriers = words(`${special} dd dt`);
const termBarriers = words(`${special} li`);
const rowParents = words('tbody tfoot thead table');
const cellParents = words('tbody tfoot thead table tr');
const columnParents = words('colgroup table');

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

/**
 * The elements open at a place in clean HTML, and which of them a browser would close before it opens another. What a
 * browser closes by itself must be closed in the text too: else the end tag that was meant for it, as in
 * `<li><div><li></li></div></li>`, closes an element of our page.
 */
export class OpenElements {
  readonly #names: string[] = [];
  #closingBytes = 0;

  /** What it takes to close all of them. */
  get closingBytes(): number {
    return this.#closingBytes;
  }

  get count(): number {
    return this.#names.length;
  }

  push(name: string): void {
    this.#names.push(name);
    this.#closingBytes += name.length + 3;
  }

  /** Closes the last `count` elements: their end tags. */
  close(count: number): string {
    const gone = this.#names.splice(this.#names.length - count);
    const tags = gone.reverse().map((name) => `</${name}>`);
    const text = tags.join('');
    this.#closingBytes -= text.length;
    return text;
  }

  /** How many elements an end tag closes; 0: nothing is open for it. */
  closedByEnd(name: string): number {
    const at = this.#names.lastIndexOf(name);
    return at === -1 ? 0 : this.#names.length - at;
  }

  /** How many elements a start tag closes before it opens its own; null: it has no place here, browsers ignore it. */
  closedByStart(name: string): number | null {
    // A table closes paragraphs as well, so that none is open around the cell that we are in.
    const paragraph = blocks.has(name) ? this.closedByEnd('p') : 0;
    if (name === 'li') return Math.max(paragraph, this.#through(li, itemBarriers));
    if (name === 'dd' || name === 'dt') return Math.max(paragraph, this.#through(terms, termBarriers));
    if (name === 'table') return Math.max(paragraph, this.#through(table, cells));
    if (name === 'a') return this.#through(anchor, cells);
    if (name === 'rt' || name === 'rp') return this.#names.includes('ruby') ? this.#impliedAtEnd() : null;
    if (headings.has(name)) return paragraph + (headings.has(this.#names.at(-1 - paragraph) ?? '') ? 1 : 0);
    return this.#tablePart(name) ?? (isTablePart(name) ? null : paragraph);
  }

  /**
   * The element that another needs around it and has not; null when all is well. A list item of its own would be
   * taken for the next one of a list that our page stands in; a cell of its own gets a row from browsers.
   */
  missingParent(name: string): 'ul' | 'dl' | 'tr' | null {
    const outside = (barriers: ReadonlySet<string>): boolean => !this.#names.some((open) => barriers.has(open));
    if (name === 'li') return outside(itemBarriers) ? 'ul' : null;
    if (name === 'dd' || name === 'dt') return outside(termBarriers) ? 'dl' : null;
    if (name === 'td' || name === 'th') return this.#names.at(-1) === 'tr' ? null : 'tr';
    return null;
  }

  /** How many to close for the nearest of `targets` to be closed; 0 when there is none, or a barrier before it. */
  #through(targets: ReadonlySet<string>, barriers: ReadonlySet<string>): number {
    for (let count = 1; count <= this.#names.length; count++) {
      const name = this.#names.at(-count) ?? '';
      if (targets.has(name)) return count;
      if (barriers.has(name)) return 0;
    }
    return 0;
  }

  #impliedAtEnd(): number {
    let count = 0;
    while (implied.has(this.#names.at(-1 - count) ?? '')) count++;
    return count;
  }

  /** How many to close for one of `parents` to be the innermost; null when none is open. */
  #backTo(parents: ReadonlySet<string>): number | null {
    const at = this.#names.findLastIndex((name) => parents.has(name));
    return at === -1 ? null : this.#names.length - 1 - at;
  }

  #tablePart(name: string): number | null {
    if (name === 'tr') return this.#backTo(rowParents);
    if (name === 'td' || name === 'th') return this.#backTo(cellParents);
    if (name === 'col') return this.#backTo(columnParents);
    return isTablePart(name) ? this.#backTo(table) : null;
  }
}

function isTablePart(name: string): boolean {
  return cells.has(name) || sections.has(name) || name === 'tr' || name === 'col' || name === 'colgroup';
}
