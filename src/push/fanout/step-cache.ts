import type { FilterGroup, Step } from './frames.ts';

const maxSteps = 4096;
const maxBytes = 16 * 1024 * 1024;

/** Where a step begins and ends, and in which form it is written. */
export interface StepKey {
  readonly pos: number;
  readonly prev: number;
  /** Seq of the last event that was looked at. */
  readonly last: number;
  readonly encoding: string;
  readonly epoch: string;
}

/**
 * The steps that subscribers of the same filter share, of all filters together: one budget, however many filters
 * strangers invent. A small memory does, since those who share a step take it within moments of each other.
 */
export class StepCache {
  #steps = new Map<string, Step>();
  #older = new Map<string, Step>();
  #bytes = 0;
  /** The one that was asked for last: most often the next in the queue asks for the same. */
  #hot: { readonly group: FilterGroup; readonly place: StepKey; readonly step: Step } | null = null;

  get(group: FilterGroup, place: StepKey): Step | null {
    const hot = this.#hot;
    if (hot !== null && hot.group === group && isSame(hot.place, place)) return hot.step;
    const key = keyOf(group, place);
    const step = this.#steps.get(key) ?? this.#older.get(key);
    if (step === undefined) return null;
    this.#hot = { group, place, step };
    return step;
  }

  set(group: FilterGroup, place: StepKey, step: Step): void {
    this.#hot = { group, place, step };
    this.#steps.set(keyOf(group, place), step);
    this.#bytes += step.bytes?.length ?? 0;
    // Two generations, half of the budget each: the older one goes at once, without a walk over it.
    if (this.#steps.size < maxSteps / 2 && this.#bytes < maxBytes / 2) return;
    this.#older = this.#steps;
    this.#steps = new Map();
    this.#bytes = 0;
  }
}

function isSame(a: StepKey, b: StepKey): boolean {
  return a.pos === b.pos && a.prev === b.prev && a.last === b.last && a.encoding === b.encoding && a.epoch === b.epoch;
}

function keyOf(group: FilterGroup, { pos, prev, last, encoding, epoch }: StepKey): string {
  return `${group.key} ${encoding} ${epoch} ${pos} ${prev} ${last}`;
}
