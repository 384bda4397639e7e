/** Durations counted in fixed buckets: a few hundred bytes, and cheap enough for forty thousand observations a second. */
export class DurationHistogram {
  /** Upper bounds in seconds, ascending. */
  readonly bounds: readonly number[];
  /** Observations in each bucket; the last one counts those above all bounds. */
  readonly counts: Uint32Array;
  #sum = 0;

  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = new Uint32Array(bounds.length + 1);
  }

  /** Sum of all durations, in seconds. */
  get sum(): number {
    return this.#sum;
  }

  /** Counts a duration in seconds; a negative one counts as zero. */
  observe(seconds: number): void {
    const duration = Math.max(0, seconds);
    let low = 0;
    let high = this.bounds.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (duration <= (this.bounds[middle] ?? Number.POSITIVE_INFINITY)) high = middle;
      else low = middle + 1;
    }
    this.counts[low] = (this.counts[low] ?? 0) + 1;
    this.#sum += duration;
  }

  clear(): void {
    this.counts.fill(0);
    this.#sum = 0;
  }
}

/** Bounds that grow by a factor, from the first one to the first that is not below `last`. */
export function exponentialBounds(first: number, last: number, factor: number): readonly number[] {
  const bounds = [first];
  for (let bound = first; bound < last; ) {
    bound *= factor;
    bounds.push(bound);
  }
  return bounds;
}

/** The median over several histograms with the same bounds, in seconds, to the width of a bucket; null: all are empty. */
export function medianDuration(sets: readonly DurationHistogram[]): number | null {
  const [first] = sets;
  if (first === undefined) return null;
  const counts = Array.from(first.counts, (_, index) =>
    sets.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
  );
  const total = counts.reduce((sum, count) => sum + count, 0);
  let passed = 0;
  for (const [index, count] of counts.entries()) {
    passed += count;
    if (total > 0 && passed * 2 >= total) return middleOf(first.bounds, index);
  }
  return null;
}

/** The geometric middle of a bucket, since bounds grow by a factor. */
function middleOf(bounds: readonly number[], index: number): number {
  const above = bounds[index] ?? bounds.at(-1) ?? 0;
  const below = bounds[index - 1];
  return below === undefined || index >= bounds.length ? above : Math.sqrt(below * above);
}
