type ElementKind = 'block' | 'heading' | 'item' | 'term' | 'link' | 'ruby' | 'table' | 'table part';

/** Elements whose start tag may close others. All other elements are opened inside the current one. */
const kinds: ReadonlyMap<string, ElementKind> = new Map([
  ...named('block', 'blockquote details div dl figcaption figure hr ol p pre summary ul'),
  ...named('heading', 'h1 h2 h3 h4 h5 h6'),
  ...named('item', 'li'),
  ...named('term', 'dd dt'),
  ...named('link', 'a'),
  ...named('ruby', 'rp rt'),
  ...named('table', 'table'),
  ...named('table part', 'caption col colgroup tbody td tfoot th thead tr'),
]);
const headings = words('h1 h2 h3 h4 h5 h6');
const cells = words('caption td th');
/** Elements whose end tags browsers imply (HTML §13.2.6.3). */
const implied = words('dd dt li p rp rt');
/** Special elements (HTML §13.2.4.2) except div and p: a list item does not close elements outside them. */
const special =
  'blockquote caption details dl figcaption figure h1 h2 h3 h4 h5 h6 ol pre summary table tbody td tfoot th thead tr ul';

const li = words('li');
const terms = words('dd dt');
const anchor = words('a');
const table = words('table');
const itemBarriers = words(`${special} dd dt`);
const termBarriers = words(`${special} li`);
/** The parents that each part of a table may have. For other parts it is the table itself. */
const partParents: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['tr', words('tbody tfoot thead table')],
  ['td', words('tbody tfoot thead table tr')],
  ['th', words('tbody tfoot thead table tr')],
  ['col', words('colgroup table')],
]);

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}

function named(kind: ElementKind, names: string): [string, ElementKind][] {
  return names.split(' ').map((name) => [name, kind]);
}

/**
 * The open elements of clean HTML. Computes which of them a browser closes before it opens another element. An element that
 * a browser closes implicitly must be closed in the text, too. Otherwise its end tag, as in
 * `<li><div><li></li></div></li>`, closes an element of the surrounding page.
 */
export class HtmlElementStack {
  readonly #names: string[] = [];
  #closingBytes = 0;

  /** The bytes of the end tags of all open elements. */
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

  /** Closes the last `count` elements. @returns their end tags. */
  close(count: number): string {
    let tags = '';
    for (let left = count; left > 0; left--) tags += `</${this.#names.pop() ?? ''}>`;
    this.#closingBytes -= tags.length;
    return tags;
  }

  /** How many elements an end tag closes; 0 if no element of the name is open. */
  closedByEnd(name: string): number {
    const at = this.#names.lastIndexOf(name);
    return at === -1 ? 0 : this.#names.length - at;
  }

  /** How many elements a start tag closes before it opens its own; null if browsers ignore the tag here. */
  closedByStart(name: string): number | null {
    switch (kinds.get(name)) {
      case undefined:
        return 0;
      case 'block':
        return this.closedByEnd('p');
      case 'heading':
        return this.#closedByHeading();
      case 'item':
        return Math.max(this.closedByEnd('p'), this.#through(li, itemBarriers));
      case 'term':
        return Math.max(this.closedByEnd('p'), this.#through(terms, termBarriers));
      case 'link':
        return this.#through(anchor, cells);
      case 'ruby':
        return this.#names.includes('ruby') ? this.#impliedAtEnd() : null;
      case 'table':
        // A table also closes paragraphs, so no paragraph is open around the current cell.
        return Math.max(this.closedByEnd('p'), this.#through(table, cells));
      case 'table part':
        return this.#backTo(partParents.get(name) ?? table);
    }
  }

  /**
   * The parent that an element needs and does not have; null if it needs none. A list item without a list would become an
   * item of a list around the content; browsers wrap a cell without a row in one.
   */
  missingParent(name: string): 'ul' | 'dl' | 'tr' | null {
    if (name === 'li') return this.#isWithin(itemBarriers) ? null : 'ul';
    if (name === 'dd' || name === 'dt') return this.#isWithin(termBarriers) ? null : 'dl';
    if (name === 'td' || name === 'th') return this.#names.at(-1) === 'tr' ? null : 'tr';
    return null;
  }

  #isWithin(names: ReadonlySet<string>): boolean {
    return this.#names.some((open) => names.has(open));
  }

  /** A heading closes the paragraph around it, and a heading that is then its parent. */
  #closedByHeading(): number {
    const paragraph = this.closedByEnd('p');
    return paragraph + (headings.has(this.#names.at(-1 - paragraph) ?? '') ? 1 : 0);
  }

  /** How many elements to close up to and including the nearest of `targets`; 0 if a barrier is nearer or none is open. */
  #through(targets: ReadonlySet<string>, barriers: ReadonlySet<string>): number {
    for (let count = 1; count <= this.#names.length; count++) {
      const name = this.#names[this.#names.length - count] ?? '';
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

  /** How many elements to close until one of `parents` is the innermost; null if none is open. */
  #backTo(parents: ReadonlySet<string>): number | null {
    const at = this.#names.findLastIndex((name) => parents.has(name));
    return at === -1 ? null : this.#names.length - 1 - at;
  }
}
