import type { DeclarationFile, DeclarationFiles } from '../files/declaration-files.ts';

interface Absence {
  readonly timer: NodeJS.Timeout;
  isOver: boolean;
}

/**
 * Holds on to files that are not there at the moment. Many an editor deletes a file and writes it anew, or empties it
 * and fills it again: what is missing counts as removed only after a while.
 */
export class MissingFiles {
  readonly #graceMs: number;
  readonly #onOver: () => void;
  readonly #absences = new Map<string, Absence>();
  #known: DeclarationFiles = new Map();

  /** @param onOver called when a file has been missing for the whole of `graceMs`: time to look again. */
  constructor(graceMs: number, onOver: () => void) {
    this.#graceMs = graceMs;
    this.#onOver = onOver;
  }

  /** What was found, with what is missing for the moment put in, in the order of the names. */
  merge(found: DeclarationFiles): DeclarationFiles {
    const result = new Map(found);
    for (const [name, file] of this.#known) {
      if (!isAbsent(found.get(name), file)) this.#forget(name);
      else if (!this.#absence(name).isOver) result.set(name, file);
      else this.#forget(name);
    }
    this.#known = new Map([...result].sort(([a], [b]) => (a < b ? -1 : 1)));
    return this.#known;
  }

  /** Whether anything is held that is not there. */
  get retainsAny(): boolean {
    return this.#absences.size > 0;
  }

  /** Stops all waiting. */
  close(): void {
    for (const name of [...this.#absences.keys()]) this.#forget(name);
  }

  #absence(name: string): Absence {
    const known = this.#absences.get(name);
    if (known !== undefined) return known;
    const absence: Absence = {
      isOver: false,
      timer: setTimeout(() => {
        absence.isOver = true;
        this.#onOver();
      }, this.#graceMs),
    };
    absence.timer.unref();
    this.#absences.set(name, absence);
    return absence;
  }

  #forget(name: string): void {
    clearTimeout(this.#absences.get(name)?.timer);
    this.#absences.delete(name);
  }
}

function isAbsent(found: DeclarationFile | undefined, known: DeclarationFile): boolean {
  if (found === undefined) return true;
  const wasFull = known.kind === 'read' && known.bytes.length > 0;
  return wasFull && found.kind === 'read' && found.bytes.length === 0;
}
