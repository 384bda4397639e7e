/** A binary min-heap. Entries with equal keys come in no particular order. */
export interface Heap<Value> {
  readonly size: number;
  push(key: number, value: Value): void;
  /** The smallest key; null if empty. */
  firstKey(): number | null;
  /** Removes the value with the smallest key; undefined if empty. */
  pop(): Value | undefined;
}

/** An empty heap. */
export function createHeap<Value>(): Heap<Value> {
  const entries: { key: number; value: Value }[] = [];

  const swapUp = (start: number): void => {
    let index = start;
    while (index > 0) {
      const above = (index - 1) >> 1;
      if (!exchange(entries, above, index)) return;
      index = above;
    }
  };

  const swapDown = (): void => {
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const smaller = (entries[right]?.key ?? Number.POSITIVE_INFINITY) < (entries[left]?.key ?? 0) ? right : left;
      if (!exchange(entries, index, smaller)) return;
      index = smaller;
    }
  };

  return {
    get size() {
      return entries.length;
    },
    push(key, value) {
      entries.push({ key, value });
      swapUp(entries.length - 1);
    },
    firstKey: () => entries[0]?.key ?? null,
    pop() {
      const first = entries[0];
      const last = entries.pop();
      if (first === undefined || last === undefined) return undefined;
      if (entries.length > 0) {
        entries[0] = last;
        swapDown();
      }
      return first.value;
    },
  };
}

/** Swaps two entries if the lower one has the smaller key. Returns whether it did. */
function exchange<Entry extends { key: number }>(entries: Entry[], above: number, below: number): boolean {
  const upper = entries[above];
  const lower = entries[below];
  if (upper === undefined || lower === undefined || upper.key <= lower.key) return false;
  entries[above] = lower;
  entries[below] = upper;
  return true;
}
