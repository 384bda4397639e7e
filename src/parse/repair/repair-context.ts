import { maxEdits } from '../parse-limits.ts';
import { Edits } from './edits.ts';
import { References } from './repair-references.ts';
import type { Unmendable } from './repaired-xml.ts';

/** One document under repair: its text, what is to be changed in it, and what has been noticed. */
export class Repair {
  readonly text: string;
  readonly edits = new Edits();
  readonly notes: Set<string>;
  readonly #references: References;
  #failure: Unmendable | null = null;

  constructor(text: string, notes: readonly string[]) {
    this.text = text;
    this.notes = new Set(notes);
    this.#references = new References(text);
  }

  /** Why the document cannot be taken; null as long as it can. */
  get failure(): Unmendable | null {
    if (this.edits.count > maxEdits) this.refuse(`more than ${maxEdits} places to mend`);
    return this.#failure;
  }

  /** Gives the document up. */
  refuse(detail: string): void {
    this.#failure = { kind: 'unreadable', failure: 'parse_limit', detail };
  }

  /** Mends the references in [from, to). */
  mendReferences(from: number, to: number): void {
    let at = this.#references.nextDoubtful(from);
    while (at < to && this.edits.count <= maxEdits) {
      const { end, text } = this.#references.mend(at);
      this.edits.add(at, end, text);
      this.notes.add('recovered');
      at = this.#references.nextDoubtful(end);
    }
  }

  /** Whether a reference in [from, to) needs mending. */
  isDoubtful(from: number, to: number): boolean {
    return this.#references.nextDoubtful(from) < to;
  }

  /** The stretch [from, to) with its references mended, leaving the document as it is. */
  mendedSlice(from: number, to: number): string {
    const first = this.edits.count;
    this.mendReferences(from, to);
    const slice = this.edits.apply(this.text, { from, to, first });
    this.edits.truncate(first);
    return slice;
  }

  /** Makes the `<` at `at` a character of the text. */
  escapeBracket(at: number): number {
    this.edits.add(at, at + 1, '&lt;');
    this.notes.add('recovered');
    return at + 1;
  }
}
