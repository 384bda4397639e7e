import type { FilterGroup, Step } from './frames.ts';

const maxSteps = 4096;
const maxBytes = 8 * 1024 * 1024;

/** Start and end of a step, and its encoding. */
export interface StepKey {
  readonly pos: number;
  readonly prev: number;
  /** Seq of the last event that was matched. */
  readonly last: number;
  readonly encoding: string;
  readonly epoch: string;
}

/**
 * Steps shared by the subscribers of a filter. One budget covers all filters, however many clients invent. A small cache
 * suffices, since subscribers that share a step need it within moments of each other.
 */
export class StepCache {
  #steps = new Map<string, Step>();
  #older = new Map<string, Step>();
  #bytes = 0;
  /** The last lookup: the next subscription in the queue usually needs the same step. */
  #last: { readonly group: FilterGroup; readonly key: StepKey; readonly step: Step } | null = null;

  get(group: FilterGroup, key: StepKey): Step | null {
    const latest = this.#last;
    if (latest !== null && latest.group === group && isSame(latest.key, key)) return latest.step;
    const text = textOf(group, key);
    const step = this.#steps.get(text) ?? this.#older.get(text);
    if (step === undefined) return null;
    this.#last = { group, key, step };
    return step;
  }

  set(group: FilterGroup, key: StepKey, step: Step): void {
    this.#last = { group, key, step };
    this.#steps.set(textOf(group, key), step);
    this.#bytes += step.bytes?.length ?? 0;
    // Two generations with half of the budget each: the older one is dropped as a whole.
    if (this.#steps.size < maxSteps / 2 && this.#bytes < maxBytes / 2) return;
    this.#older = this.#steps;
    this.#steps = new Map();
    this.#bytes = 0;
  }
}

function isSame(a: StepKey, b: StepKey): boolean {
  return a.pos === b.pos && a.prev === b.prev && a.last === b.last && a.encoding === b.encoding && a.epoch === b.epoch;
}

function textOf(group: FilterGroup, { pos, prev, last, encoding, epoch }: StepKey): string {
  return `${group.key} ${encoding} ${epoch} ${pos} ${prev} ${last}`;
}
