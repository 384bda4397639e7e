/** What had to be mended or left out of a document: how often (`dup_guid:2`), or that it was so at all. */
export class Notes {
  readonly #counts = new Map<string, number>();
  readonly #flags = new Set<string>();

  add(note: string, count = 1): void {
    if (count > 0) this.#counts.set(note, (this.#counts.get(note) ?? 0) + count);
  }

  flag(note: string): void {
    this.#flags.add(note);
  }

  /** Behind the notes of an earlier stage, which go where we say the same with a count. */
  after(earlier: readonly string[]): string[] {
    const others = earlier.filter((note) => !this.#counts.has(note) && !this.#flags.has(note));
    return [...others, ...this.#flags, ...[...this.#counts].map(([note, count]) => `${note}:${count}`)];
  }
}
