import { type CountedNoteCode, type FlagNoteCode, mergeNotes, type Note } from './note.ts';

/** Collects the notes on one document. */
export class NoteCollector {
  readonly #earlier: readonly Note[];
  readonly #counts = new Map<FlagNoteCode | CountedNoteCode, number>();

  /** @param earlier the notes of an earlier stage, which stand first. */
  constructor(earlier: readonly Note[] = []) {
    this.#earlier = earlier;
  }

  /** Notes a property, no matter how often. */
  flag(code: FlagNoteCode): void {
    this.#counts.set(code, 1);
  }

  /** Raises the count of a note; by 0, notes nothing. */
  add(code: CountedNoteCode, count = 1): void {
    if (count > 0) this.#counts.set(code, (this.#counts.get(code) ?? 0) + count);
  }

  /** The notes so far, in the order in which each code was first noted. */
  list(): readonly Note[] {
    return mergeNotes(
      this.#earlier,
      [...this.#counts].map(([code, count]) => ({ code, count })),
    );
  }
}
