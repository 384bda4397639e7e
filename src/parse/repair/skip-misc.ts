/**
 * Steps over what is neither element nor text: comments, instructions, declarations. Must be asked in ascending order:
 * a mark that was once not found is not looked for again, or a document of openings only would cost quadratic time.
 */
export class MiscSkipper {
  readonly #text: string;
  readonly #missing = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The end of the comment, instruction or declaration that begins at `at`; null when it is none, or never ends. */
  end(at: number): number | null {
    const text = this.#text;
    if (text.startsWith('<!--', at)) return this.#endOf('-->', at + 4);
    if (text.startsWith('<?', at)) return this.#endOf('?>', at + 2) ?? this.#endOf('>', at + 2);
    if (!text.startsWith('<!', at)) return null;
    return (isDoctype(text, at) ? this.#endOfDoctype(at + 9) : null) ?? this.#endOf('>', at + 2);
  }

  #endOf(mark: string, from: number): number | null {
    if (this.#missing.has(mark)) return null;
    const found = this.#text.indexOf(mark, from);
    if (found >= 0) return found + mark.length;
    this.#missing.add(mark);
    return null;
  }

  /** A DOCTYPE with its internal subset, in which quotes and comments may hold any bracket. Nothing in it is read. */
  #endOfDoctype(from: number): number | null {
    if (this.#missing.has('doctype')) return null;
    const stops = /["'[\]>]|<!--/g;
    stops.lastIndex = from;
    let inSubset = false;
    for (let stop = stops.exec(this.#text); stop !== null; stop = stops.exec(this.#text)) {
      const mark = stop[0];
      if (mark === '>' && !inSubset) return stops.lastIndex;
      if (mark === '[' || mark === ']') inSubset = mark === '[';
      else if (mark !== '>') {
        const close = this.#text.indexOf(mark === '<!--' ? '-->' : mark, stops.lastIndex);
        if (close < 0) break;
        stops.lastIndex = close + 1;
      }
    }
    this.#missing.add('doctype');
    return null;
  }
}

/** Whether a DOCTYPE, in whatever case, begins at `at`. */
export function isDoctype(text: string, at: number): boolean {
  return /^<!doctype/i.test(text.slice(at, at + 9));
}
