/** Counts what had to be mended or left out of a document: `dup_guid:2`. */
export class Notes {
  readonly #counts = new Map<string, number>();

  add(note: string, count = 1): void {
    if (count > 0) this.#counts.set(note, (this.#counts.get(note) ?? 0) + count);
  }

  /** In the order of their first occurrence. */
  list(): string[] {
    return [...this.#counts].map(([note, count]) => `${note}:${count}`);
  }
}
