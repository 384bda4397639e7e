import { describe, expect, it } from 'vitest';
import { SourceIds } from '../../src/config/source-ids.ts';

describe('SourceIds', () => {
  it('derives unique ids that are not taken', () => {
    const ids = new SourceIds(['a', 'a-3']);
    expect(['A', 'á', 'a 2', 'a'].map((text) => ids.derive(text))).toEqual(['a-2', 'a-4', 'a-2-2', 'a-5']);
  });

  it('derives 50,000 ids of equal titles without trying each number again', () => {
    const ids = new SourceIds([]);
    const derived = Array.from({ length: 50_000 }, () => ids.derive('Feed'));
    expect(new Set(derived).size).toBe(50_000);
    expect(derived.at(-1)).toBe('feed-50000');
  });
});
