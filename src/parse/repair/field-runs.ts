import type { RepairContext } from './repair-context.ts';
import { fieldsTag } from './repaired-xml.ts';

/**
 * The stretches of a feed's own fields, which items interrupt. Each is wrapped in an element when its first field
 * comes, so that nothing stands between items which follow each other.
 */
export class FieldRuns {
  readonly #repair: RepairContext;
  #isOpen = false;
  #wasOpen = false;

  constructor(repair: RepairContext) {
    this.#repair = repair;
  }

  /** Begins one at `at`, unless one is open. */
  open(at: number): void {
    if (!this.#isOpen) this.#repair.edits.add(at, at, `<${fieldsTag}>`);
    this.#isOpen = true;
  }

  /** Ends the open one. @returns the tag that does; '' when none is open. */
  close(): string {
    this.#wasOpen = this.#isOpen;
    this.#isOpen = false;
    return this.#wasOpen ? `</${fieldsTag}>` : '';
  }

  /** Takes back the last `leave`, when its tag was dropped with the item that it stood before. */
  reopen(): void {
    this.#isOpen = this.#wasOpen;
  }
}
