/**
 * Skips comments, processing instructions and declarations. Positions must be passed in ascending order: an end mark
 * that was not found once is not searched for again, because a document of start marks only would cost quadratic time.
 */
export class MiscSkipper {
  readonly #text: string;
  readonly #missing = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  /** The end of the comment, instruction or declaration at `at`; null if there is none or it never ends. */
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

  /** Skips a DOCTYPE with its internal subset, whose quotes and comments may contain any bracket. Its content is ignored. */
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

/** Whether a DOCTYPE, in any case, begins at `at`. */
export function isDoctype(text: string, at: number): boolean {
  return /^<!doctype/i.test(text.slice(at, at + 9));
}
