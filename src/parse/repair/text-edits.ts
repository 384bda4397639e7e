/** Edits of one text, kept in order and applied at once: the text is copied once, however many edits there are. */
export class TextEdits {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  readonly #texts: string[] = [];

  get count(): number {
    return this.#starts.length;
  }

  /** Replaces [start, end). Edits must be added in ascending order and must not overlap. */
  add(start: number, end: number, text: string): void {
    this.#starts.push(start);
    this.#ends.push(end);
    this.#texts.push(text);
  }

  /** Changes the replacement text of edit number `index`. */
  setReplacement(index: number, text: string): void {
    this.#texts[index] = text;
  }

  /** Discards all but the first `count` edits. */
  truncate(count: number): void {
    if (count === this.#starts.length) return;
    this.#starts.length = count;
    this.#ends.length = count;
    this.#texts.length = count;
  }

  /** Returns [from, to) of `text` with the edits from number `first` on applied. */
  apply(text: string, { from, to, first }: { from: number; to: number; first: number }): string {
    // Concatenation, not join: V8 builds a rope and copies once, when the result is first read.
    let result = '';
    let at = from;
    for (let index = first; index < this.#starts.length; index++) {
      const start = this.#starts[index] ?? to;
      if (start > at) result += text.slice(at, start);
      result += this.#texts[index] ?? '';
      at = this.#ends[index] ?? to;
    }
    return to > at ? result + text.slice(at, to) : result;
  }
}
