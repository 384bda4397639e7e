import { describe, expect, it } from 'vitest';
import { unpooled } from '../../src/runtime/unpooled.ts';

describe('unpooled', () => {
  it('moves bytes out of the pool that small buffers share', () => {
    const pooled = Buffer.from('small');
    expect(pooled.buffer.byteLength).toBeGreaterThan(pooled.length);
    const own = unpooled(pooled);
    expect(own.buffer.byteLength).toBe(5);
    expect(own.toString()).toBe('small');
  });

  it('returns a buffer that has memory of its own as it is', () => {
    const own = Buffer.alloc(100_000);
    expect(unpooled(own)).toBe(own);
  });
});
