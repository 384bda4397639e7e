import { describe, expect, it } from 'vitest';
import { ByteCollector, concatBytes } from '../../../src/fetch/client/body-memory.ts';

describe('ByteCollector', () => {
  it('concatenates chunks of any size in order', () => {
    const collector = new ByteCollector();
    const chunks = [1, 4_096, 0, 10_000, 3].map((length, at) => new Uint8Array(length).fill(at + 1));
    for (const chunk of chunks) collector.append(chunk);
    expect(collector.length).toBe(14_100);
    expect(Buffer.from(collector.toBytes())).toEqual(Buffer.concat(chunks));
  });

  it('returns memory that is not shared', () => {
    const collector = new ByteCollector();
    const pooled = Buffer.from('abc');
    collector.append(pooled);
    const taken = collector.toBytes();
    pooled[0] = 0;
    expect(Buffer.from(taken).toString()).toBe('abc');
    expect(taken.buffer.byteLength).toBe(3);
  });

  it('is empty after toBytes', () => {
    const collector = new ByteCollector();
    collector.append(Buffer.from('abc'));
    const first = collector.toBytes();
    collector.append(Buffer.from('d'));
    expect(Buffer.from(first).toString()).toBe('abc');
    expect(Buffer.from(collector.toBytes()).toString()).toBe('d');
    expect(collector.toBytes()).toHaveLength(0);
  });

  it('concatBytes concatenates existing chunks', () => {
    const whole = concatBytes([Buffer.from('ab'), new Uint8Array(0), Buffer.from('c')], 3);
    expect(Buffer.from(whole).toString()).toBe('abc');
    expect(whole.buffer.byteLength).toBe(3);
  });
});
