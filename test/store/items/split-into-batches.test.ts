import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitIntoBatches } from '../../../src/store/items/store-batch.ts';
import { anItemDraft } from '../../support/builders.ts';

function drafts(count: number, bytes = 10) {
  return Array.from({ length: count }, (_, index) => anItemDraft(`n${index}`, { contentHtml: 'x'.repeat(bytes) }));
}

describe('splitIntoBatches', () => {
  it('returns one empty batch for an empty document, which stores the poll result', () => {
    expect(splitIntoBatches([])).toEqual([[]]);
  });

  it('puts at most fifty items into a batch', () => {
    expect(splitIntoBatches(drafts(120)).map((batch) => batch.length)).toEqual([50, 50, 20]);
  });

  it('puts at most 256 KB of text into a batch', () => {
    expect(splitIntoBatches(drafts(5, 100 * 1024)).map((batch) => batch.length)).toEqual([2, 2, 1]);
  });

  it('counts bytes of UTF-8, not characters', () => {
    const long = anItemDraft('long', { contentHtml: 'я'.repeat(100 * 1024) });
    expect(splitIntoBatches([long, long]).map((batch) => batch.length)).toEqual([1, 1]);
  });

  it('puts a larger item into a batch of its own', () => {
    const [small, large] = [anItemDraft('s'), anItemDraft('l', { contentHtml: 'x'.repeat(300 * 1024) })];
    expect(splitIntoBatches([small, large, small]).map((batch) => batch.length)).toEqual([1, 1, 1]);
  });

  it('keeps all items in order, whatever their sizes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 200 }), (sizes) => {
        const all = sizes.map((size, index) => anItemDraft(`n${index}`, { contentHtml: 'x'.repeat(size * 1024) }));
        expect(splitIntoBatches(all).flat()).toEqual(all);
      }),
      { numRuns: 20 },
    );
  });
});
