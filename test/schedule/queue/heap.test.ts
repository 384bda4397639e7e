import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHeap } from '../../../src/schedule/queue/heap.ts';
import { fuzzRuns } from '../../support/fuzz-runs.ts';

describe('createHeap', () => {
  it('is empty at first', () => {
    const heap = createHeap<string>();
    expect(heap.size).toBe(0);
    expect(heap.firstKey()).toBeNull();
    expect(heap.pop()).toBeUndefined();
  });

  it('returns values in the order of their keys', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (keys) => {
        const heap = createHeap<number>();
        for (const key of keys) heap.push(key, key);
        const popped: (number | undefined)[] = [];
        while (heap.size > 0) popped.push(heap.pop());
        expect(popped).toEqual([...keys].sort((a, b) => a - b));
      }),
      { numRuns: fuzzRuns },
    );
  });

  it('keeps the order during mixed pushes and pops', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 50 }))), (steps) => {
        const heap = createHeap<number>();
        const model: number[] = [];
        for (const step of steps) {
          if (step === null) expect(heap.pop()).toBe(model.shift());
          else {
            heap.push(step, step);
            model.push(step);
            model.sort((a, b) => a - b);
          }
          expect(heap.firstKey()).toBe(model[0] ?? null);
          expect(heap.size).toBe(model.length);
        }
      }),
      { numRuns: fuzzRuns },
    );
  });
});
