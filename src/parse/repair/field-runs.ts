import type { RepairContext } from './repair-context.ts';
import { fieldsTag } from './repaired-xml.ts';

/**
 * Wraps each run of feed fields between items in an element `fieldsTag`. The element is opened by the first field of the
 * run, so that adjacent items have no empty element between them.
 */
export class FieldRuns {
  readonly #repair: RepairContext;
  #isOpen = false;
  #wasOpen = false;

  constructor(repair: RepairContext) {
    this.#repair = repair;
  }

  /** Opens a run at `at`, unless one is open. */
  open(at: number): void {
    if (!this.#isOpen) this.#repair.edits.add(at, at, `<${fieldsTag}>`);
    this.#isOpen = true;
  }

  /** Closes the open run. @returns its end tag; empty if none is open. */
  close(): string {
    this.#wasOpen = this.#isOpen;
    this.#isOpen = false;
    return this.#wasOpen ? `</${fieldsTag}>` : '';
  }

  /** Undoes the last `close` after its end tag was discarded together with the item after it. */
  reopen(): void {
    this.#isOpen = this.#wasOpen;
  }
}
