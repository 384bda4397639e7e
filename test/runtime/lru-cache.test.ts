import { describe, expect, it } from 'vitest';
import { LruCache } from '../../src/runtime/lru-cache.ts';

/** The size that is counted for a value of `bytes` under a key of one character. */
const cost = (bytes: number): number => bytes + 2 + 200;

describe('LruCache', () => {
  it('drops the least recently used value when a new one does not fit', () => {
    const cache = new LruCache<number>({ maxBytes: 3 * cost(10) });
    for (const [index, key] of ['a', 'b', 'c'].entries()) cache.set(key, index, 10);
    expect(cache.get('a')).toBe(0);
    cache.set('d', 3, 10);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.has(key))).toEqual(['a', 'c', 'd']);
  });

  it('counts the bytes of keys and records', () => {
    const cache = new LruCache<null>({ maxBytes: 10_000 });
    for (let index = 0; index < 1000; index += 1) cache.set(`${index}${'k'.repeat(500)}`, null, 0);
    expect(cache.size).toBe(8);
    expect(cache.bytes).toBeLessThanOrEqual(10_000);
  });

  it('updates the size of a value that is set again', () => {
    const cache = new LruCache<string>({ maxBytes: 1000 });
    cache.set('a', 'small', 10);
    cache.set('b', 'other', 10);
    cache.set('a', 'grown', 590);
    expect(cache.bytes).toBe(cost(590));
    expect([cache.get('a'), cache.get('b')]).toEqual(['grown', undefined]);
  });

  it('does not store a value larger than the whole cache', () => {
    const cache = new LruCache<number>({ maxBytes: 500 });
    cache.set('a', 1, 10);
    cache.set('b', 2, 10_000);
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });

  it('subtracts the bytes of a deleted value', () => {
    const cache = new LruCache<number>({ maxBytes: 500 });
    cache.set('a', 1, 10);
    cache.delete('a');
    cache.delete('a');
    expect([cache.size, cache.bytes]).toEqual([0, 0]);
  });
});
