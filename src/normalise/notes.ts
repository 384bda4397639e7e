/** Collects notes on what was repaired or dropped in a document, with a count (`dup_guid:2`) or without. */
export class Notes {
  readonly #counts = new Map<string, number>();
  readonly #flags = new Set<string>();

  add(note: string, count = 1): void {
    if (count > 0) this.#counts.set(note, (this.#counts.get(note) ?? 0) + count);
  }

  flag(note: string): void {
    this.#flags.add(note);
  }

  /** Appends these notes to those of an earlier stage. Earlier notes with the same name are dropped. */
  after(earlier: readonly string[]): string[] {
    const others = earlier.filter((note) => !this.#counts.has(note) && !this.#flags.has(note));
    return [...others, ...this.#flags, ...[...this.#counts].map(([note, count]) => `${note}:${count}`)];
  }
}
