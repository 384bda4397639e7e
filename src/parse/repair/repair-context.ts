import type { Note } from '../../domain/notes/note.ts';
import { NoteCollector } from '../../domain/notes/note-collector.ts';
import { maxEdits } from '../limits/parse-limits.ts';
import { ReferenceRepairer } from './repair-references.ts';
import type { UnrepairableXml } from './repaired-xml.ts';

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
