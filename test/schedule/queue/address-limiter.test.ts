import { describe, expect, it } from 'vitest';
import { createAddressLimiter } from '../../../src/schedule/queue/address-limiter.ts';

describe('createAddressLimiter', () => {
  it('allows the configured number of concurrent requests', () => {
    const gate = createAddressLimiter(() => 2);
    expect(gate.freeSlots('x')).toBe(2);
    gate.acquire('x');
    gate.acquire('x');
    expect([gate.freeSlots('x'), gate.freeSlots('y')]).toEqual([0, 2]);
    gate.release('x');
    expect(gate.freeSlots('x')).toBe(1);
  });

  it('has zero free slots if the limit falls below the running requests', () => {
    let most = 3;
    const gate = createAddressLimiter(() => most);
    for (let n = 0; n < 3; n += 1) gate.acquire('x');
    most = 1;
    expect(gate.freeSlots('x')).toBe(0);
  });

  it('does not limit unknown addresses', () => {
    const gate = createAddressLimiter(() => 1);
    for (let n = 0; n < 9; n += 1) gate.acquire(null);
    expect(gate.freeSlots(null)).toBe(Number.POSITIVE_INFINITY);
    gate.release(null);
    expect(gate.size).toBe(0);
  });

  it('dequeues waiters in FIFO order, each once', () => {
    const gate = createAddressLimiter<string>(() => 1);
    for (const waiter of ['a', 'b', 'a']) gate.enqueue('x', waiter);
    expect([gate.dequeue('y'), gate.dequeue('x'), gate.dequeue('x'), gate.dequeue('x')]).toEqual([
      undefined,
      'a',
      'b',
      undefined,
    ]);
  });

  it('keeps no state for an idle address', () => {
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
