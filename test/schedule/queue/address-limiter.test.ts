import { describe, expect, it } from 'vitest';
import { createAddressLimiter } from '../../../src/schedule/queue/address-limiter.ts';

describe('the gate of an address', () => {
  it('has room for so many', () => {
    const gate = createAddressLimiter(() => 2);
    expect(gate.freeSlots('x')).toBe(2);
    gate.acquire('x');
    gate.acquire('x');
    expect([gate.freeSlots('x'), gate.freeSlots('y')]).toEqual([0, 2]);
    gate.release('x');
    expect(gate.freeSlots('x')).toBe(1);
  });

  it('has no less than none when fewer may pass than run', () => {
    let most = 3;
    const gate = createAddressLimiter(() => most);
    for (let n = 0; n < 3; n += 1) gate.acquire('x');
    most = 1;
    expect(gate.freeSlots('x')).toBe(0);
  });

  it('lets everybody through whose address is not known', () => {
    const gate = createAddressLimiter(() => 1);
    for (let n = 0; n < 9; n += 1) gate.acquire(null);
    expect(gate.freeSlots(null)).toBe(Number.POSITIVE_INFINITY);
    gate.release(null);
    expect(gate.size).toBe(0);
  });

  it('names those who wait in the order in which they came, each once', () => {
    const gate = createAddressLimiter<string>(() => 1);
    for (const waiter of ['a', 'b', 'a']) gate.enqueue('x', waiter);
    expect([gate.dequeue('y'), gate.dequeue('x'), gate.dequeue('x'), gate.dequeue('x')]).toEqual([
      undefined,
      'a',
      'b',
      undefined,
    ]);
  });

  it('remembers no address at which nothing runs or waits', () => {
    const gate = createAddressLimiter<string>(() => 1);
    gate.acquire('x');
    gate.enqueue('x', 'a');
    gate.release('x');
    expect(gate.size).toBe(1);
    gate.dequeue('x');
    expect(gate.size).toBe(0);
    gate.release('x');
    expect(gate.freeSlots('x')).toBe(1);
  });
});
