import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitIntoBatches } from '../../../src/store/items/store-batch.ts';
import { draft } from '../../support/store-fixture.ts';

function drafts(count: number, bytes = 10) {
  return Array.from({ length: count }, (_, index) => draft(`n${index}`, { contentHtml: 'x'.repeat(bytes) }));
}

describe('batchesOf', () => {
  it('makes one empty batch of an empty document, to carry the settlement', () => {
    expect(splitIntoBatches([])).toEqual([[]]);
  });

  it('takes fifty items at most', () => {
    expect(splitIntoBatches(drafts(120)).map((batch) => batch.length)).toEqual([50, 50, 20]);
  });

  it('takes 256 KB of text at most', () => {
    expect(splitIntoBatches(drafts(5, 100 * 1024)).map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  it('counts bytes of UTF-8, not characters', () => {
    const long = draft('long', { contentHtml: 'я'.repeat(100 * 1024) });
    expect(splitIntoBatches([long, long]).map((batch) => batch.length)).toEqual([1, 1]);
  });

  it('gives an item that is too large a batch of its own', () => {
    const [small, large] = [draft('s'), draft('l', { contentHtml: 'x'.repeat(300 * 1024) })];
    expect(splitIntoBatches([small, large, small]).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it('keeps every item and their order, whatever their sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 200 }), (sizes) => {
        const all = sizes.map((size, index) => draft(`n${index}`, { contentHtml: 'x'.repeat(size * 1024) }));
        expect(splitIntoBatches(all).flat()).toEqual(all);
      }),
      { numRuns: 20 },
    );
  });
});
