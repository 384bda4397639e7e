import { describe, expect, it } from 'vitest';
import { createAddressGate } from '../../src/schedule/address-gate.ts';

describe('the gate of an address', () => {
  it('has room for so many', () => {
    const gate = createAddressGate(() => 2);
    expect(gate.room('x')).toBe(2);
    gate.enter('x');
    gate.enter('x');
    expect([gate.room('x'), gate.room('y')]).toEqual([0, 2]);
    gate.leave('x');
    expect(gate.room('x')).toBe(1);
  });

  it('has no less than none when fewer may pass than run', () => {
    let most = 3;
    const gate = createAddressGate(() => most);
    for (let n = 0; n < 3; n += 1) gate.enter('x');
    most = 1;
    expect(gate.room('x')).toBe(0);
  });

  it('lets everybody through whose address is not known', () => {
    const gate = createAddressGate(() => 1);
    for (let n = 0; n < 9; n += 1) gate.enter(null);
    expect(gate.room(null)).toBe(Number.POSITIVE_INFINITY);
    gate.leave(null);
    expect(gate.size).toBe(0);
  });

  it('names those who wait in the order in which they came, each once', () => {
    const gate = createAddressGate<string>(() => 1);
    for (const waiter of ['a', 'b', 'a']) gate.wait('x', waiter);
    expect([gate.next('y'), gate.next('x'), gate.next('x'), gate.next('x')]).toEqual([undefined, 'a', 'b', undefined]);
  });

  it('remembers no address at which nothing runs or waits', () => {
    const gate = createAddressGate<string>(() => 1);
    gate.enter('x');
    gate.wait('x', 'a');
    gate.leave('x');
    expect(gate.size).toBe(1);
    gate.next('x');
    expect(gate.size).toBe(0);
    gate.leave('x');
    expect(gate.room('x')).toBe(1);
  });
});
