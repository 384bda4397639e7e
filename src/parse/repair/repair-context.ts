import { maxEdits } from '../limits/parse-limits.ts';
import { ReferenceRepairer } from './repair-references.ts';
import type { UnrepairableXml } from './repaired-xml.ts';
import { TextEdits } from './text-edits.ts';

/** One document under repair: its text, what is to be changed in it, and what has been noticed. */
export class RepairContext {
  readonly text: string;
  readonly edits = new TextEdits();
  readonly notes: Set<string>;
  readonly #references: ReferenceRepairer;
  #failure: UnrepairableXml | null = null;

  constructor(text: string, notes: readonly string[]) {
    this.text = text;
    this.notes = new Set(notes);
    this.#references = new ReferenceRepairer(text);
  }

  /** Why the document cannot be taken; null as long as it can. */
  get failure(): UnrepairableXml | null {
    if (this.edits.count > maxEdits) this.reject(`more than ${maxEdits} places to mend`);
    return this.#failure;
  }

  /** Gives the document up. */
  reject(detail: string): void {
    this.#failure = { kind: 'unreadable', failure: 'parse_limit', detail };
  }

  /** Mends the references in [from, to). */
  repairReferences(from: number, to: number): void {
    let at = this.#references.nextSuspect(from);
    while (at < to && this.edits.count <= maxEdits) {
      const { end, text } = this.#references.repair(at);
      this.edits.add(at, end, text);
      this.notes.add('recovered');
      at = this.#references.nextSuspect(end);
    }
  }

  /** Whether a reference in [from, to) needs mending. */
  hasSuspectReference(from: number, to: number): boolean {
    return this.#references.nextSuspect(from) < to;
  }

  /** The stretch [from, to) with its references mended, leaving the document as it is. */
  repairedSlice(from: number, to: number): string {
    const first = this.edits.count;
    this.repairReferences(from, to);
    const slice = this.edits.apply(this.text, { from, to, first });
    this.edits.truncate(first);
    return slice;
  }

  /** Makes the `<` at `at` a character of the text. */
  escapeAngleBracket(at: number): number {
    this.edits.add(at, at + 1, '&lt;');
    this.notes.add('recovered');
    return at + 1;
  }
}
