/** Changes to one text, kept in order and applied at once, so that a document is copied once however much is mended. */
export class TextEdits {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #texts: string[] = [];

  get count(): number {
    return this.#starts.length;
  }

  /** Replaces [start, end). Edits must come in ascending order and not overlap. */
  add(start: number, end: number, text: string): void {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#texts.push(text);
  }

  /** Changes the text of edit number `index`. */
  setReplacement(index: number, text: string): void {
    this.#texts[index] = text;
  }

  /** Forgets all but the first `count` edits. */
  truncate(count: number): void {
    if (count === this.#starts.length) return;
    this.#starts.length = count;
    this.#ends.length = count;
    this.#texts.length = count;
  }

  /** The stretch [from, to) of `text` with the edits from number `first` on. */
  apply(text: string, { from, to, first }: { from: number; to: number; first: number }): string {
    // Concatenated, not joined: the engine then copies once, when the whole is read.
    let made = '';
    let at = from;
    for (let index = first; index < this.#starts.length; index++) {
      const start = this.#starts[index] ?? to;
      if (start > at) made += text.slice(at, start);
      made += this.#texts[index] ?? '';
      at = this.#ends[index] ?? to;
    }
    return to > at ? made + text.slice(at, to) : made;
  }
}
