import type { DeclarationFile, DeclarationFiles } from '../files/declaration-files.ts';

interface Absence {
  readonly timer: NodeJS.Timeout;
  isOver: boolean;
}

/**
 * Retains files that are missing for a moment. Some editors delete and recreate a file, or truncate and rewrite it, so a
 * missing file counts as removed only after a grace period.
 */
export class MissingFiles {
  readonly #graceMs: number;
  readonly #onOver: () => void;
  readonly #absences = new Map<string, Absence>();
  #known: DeclarationFiles = new Map();

  /** @param onOver called when a file was missing for `graceMs`; the folder must then be read again. */
  constructor(graceMs: number, onOver: () => void) {
    this.#graceMs = graceMs;
    this.#onOver = onOver;
  }

  /** The files found plus those missing for less than the grace period, sorted by name. */
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

  /** Whether any missing file is retained. */
  get retainsAny(): boolean {
    return this.#absences.size > 0;
  }

  /** Cancels all timers. */
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
