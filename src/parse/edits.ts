/** Changes to one text, kept in order and applied at once, so that a document is copied once however much is mended. */
export class Edits {
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

  /** Forgets all but the first `count` edits. */
  truncate(count: number): void {
    this.#starts.length = count;
    this.#ends.length = count;
    this.#texts.length = count;
  }

  /** The stretch [from, to) of `text` with the edits from number `first` on. */
  apply(text: string, { from, to, first }: { from: number; to: number; first: number }): string {
    const parts: string[] = [];
    let at = from;
    for (let index = first; index < this.#starts.length; index++) {
      const start = this.#starts[index] ?? to;
      if (start > at) parts.push(text.slice(at, start));
      parts.push(this.#texts[index] ?? '');
      at = this.#ends[index] ?? to;
    }
    if (to > at) parts.push(text.slice(at, to));
    return parts.join('');
  }
}
