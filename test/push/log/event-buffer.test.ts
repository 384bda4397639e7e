import { describe, expect, it } from 'vitest';
import { createEventBuffer, estimateEventBytes } from '../../../src/push/log/event-buffer.ts';
import { logEvent } from '../../support/push/memory-log.ts';

const roomy = { maxEvents: 1_000_000, maxBytes: 1e9 };

function ringOf(bounds: { maxEvents: number; maxBytes: number }, last: number, first = 1) {
  const ring = createEventBuffer(first, bounds);
  for (let seq = first; seq <= last; seq += 1) ring.push(logEvent(seq));
  return ring;
}

const seqs = (events: readonly { seq: number }[] | null) => events?.map((event) => event.seq) ?? null;

describe('createEventBuffer', () => {
  it('returns the events after a position, up to a limit', () => {
    const ring = ringOf(roomy, 10, 4);
    expect(seqs(ring.after(3, 100))).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(seqs(ring.after(6, 2))).toEqual([7, 8]);
  });

  it('returns no events at its end and beyond', () => {
    const ring = ringOf(roomy, 10);
    expect(seqs(ring.after(10, 5))).toEqual([]);
    expect(seqs(ring.after(12, 5))).toEqual([]);
  });

  it('returns null when it does not reach back far enough', () => {
    expect(ringOf(roomy, 10, 4).after(2, 5)).toBe(null);
  });

  it('drops the oldest events beyond its maximum count', () => {
    const ring = ringOf({ ...roomy, maxEvents: 100 }, 5000);
    expect(ring.firstSeq).toBe(4901);
    expect(ring.size).toBe(100);
    expect(seqs(ring.after(4998, 9))).toEqual([4999, 5000]);
    expect(ring.after(4899, 9)).toBe(null);
  });

  it('drops the oldest events beyond its maximum bytes', () => {
    const each = estimateEventBytes(logEvent(1));
    const ring = ringOf({ ...roomy, maxBytes: each * 3 }, 9);
    expect(ring.firstSeq).toBe(7);
    expect(ring.bytes).toBe(each * 3);
  });

  it('keeps the newest event, whatever its size', () => {
    const ring = createEventBuffer(1, { maxEvents: 10, maxBytes: 1000 });
    ring.push(logEvent(1, { body: 'x'.repeat(5000) }));
    expect(ring.size).toBe(1);
    ring.push(logEvent(2));
    expect(ring.firstSeq).toBe(2);
  });

  it('counts the body, the search text derived from it, and the previous search text', () => {
    const small = estimateEventBytes(logEvent(1, { body: '' }));
    expect(estimateEventBytes(logEvent(1, { body: 'x'.repeat(100) })) - small).toBe(600);
    expect(estimateEventBytes(logEvent(1, { body: '', was: { text: 'x'.repeat(50) } })) - small).toBe(200);
  });

  it('counts the search text of a removal separately from its body', () => {
    const removal = { op: 'remove', body: '' } as const;
    const bare = estimateEventBytes(logEvent(1, { ...removal, facets: { text: '' } }));
    expect(estimateEventBytes(logEvent(1, { ...removal, facets: { text: 'x'.repeat(100) } })) - bare).toBe(400);
  });

  it('does not compute the search text in order to count it', () => {
    const event = logEvent(1);
    const facets = {
      ...event.facets,
      get text(): string {
        throw new Error('no search is expected');
      },
    };
    expect(() => estimateEventBytes({ ...event, facets })).not.toThrow();
  });

  it('starts at another seq after a reset', () => {
    const ring = ringOf(roomy, 10);
    ring.reset(50);
    expect(ring.size).toBe(0);
    expect(ring.bytes).toBe(0);
    expect(ring.after(10, 5)).toBe(null);
    ring.push(logEvent(50));
    expect(seqs(ring.after(49, 5))).toEqual([50]);
  });
});
