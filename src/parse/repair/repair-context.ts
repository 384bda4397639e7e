import type { Note } from '../../domain/notes/note.ts';
import { NoteCollector } from '../../domain/notes/note-collector.ts';
import { maxEdits } from '../limits/parse-limits.ts';
import { ReferenceRepairer } from './repair-references.ts';
import type { UnrepairableXml } from './repaired-xml.ts';
import { TextEdits } from './text-edits.ts';

/** The state of one document under repair: its text, its edits and its notes. */
export class RepairContext {
  readonly text: string;
  readonly edits = new TextEdits();
  readonly notes: NoteCollector;
  readonly #references: ReferenceRepairer;
  #failure: UnrepairableXml | null = null;

  constructor(text: string, notes: readonly Note[]) {
    this.text = text;
    this.notes = new NoteCollector(notes);
    this.#references = new ReferenceRepairer(text);
  }

  /** Why the document was rejected; null if it was not. */
  get failure(): UnrepairableXml | null {
    if (this.edits.count > maxEdits) this.reject(`more than ${maxEdits} repairs`);
    return this.#failure;
  }

  /** Rejects the document for exceeding a limit. */
  reject(detail: string): void {
    this.#failure = { kind: 'unreadable', failure: 'parse_limit', detail };
  }

  /** Repairs the references in [from, to). */
  repairReferences(from: number, to: number): void {
    let at = this.#references.nextSuspect(from);
    while (at < to && this.edits.count <= maxEdits) {
      const { end, text } = this.#references.repair(at);
      this.edits.add(at, end, text);
      this.notes.flag('recovered');
      at = this.#references.nextSuspect(end);
    }
  }

  /** Whether a reference in [from, to) needs repair. */
  hasSuspectReference(from: number, to: number): boolean {
    return this.#references.nextSuspect(from) < to;
  }

  /** Returns [from, to) with its references repaired. Adds no edits to the document. */
  repairedSlice(from: number, to: number): string {
    const first = this.edits.count;
    this.repairReferences(from, to);
    const slice = this.edits.apply(this.text, { from, to, first });
    this.edits.truncate(first);
    return slice;
  }

  /** Escapes the `<` at `at`. @returns the position after it. */
  escapeAngleBracket(at: number): number {
    this.edits.add(at, at + 1, '&lt;');
    this.notes.flag('recovered');
    return at + 1;
  }
}
