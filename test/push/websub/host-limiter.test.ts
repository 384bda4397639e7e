import { describe, expect, it } from 'vitest';
import { HostGate } from '../../../src/push/websub/host-limiter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const minute = 60_000;

function failTimes(gate: HostGate, times: number): void {
  for (let index = 0; index < times; index += 1) {
    if (gate.enter('a')) gate.leave('a', false);
  }
}

describe('the gate before other people’s hosts', () => {
  it('lets so many in at once, each host and all together', () => {
    const gate = new HostGate(createFakeClock(), { perHost: 2, total: 3 });
    expect([gate.enter('a'), gate.enter('a'), gate.enter('a'), gate.enter('b'), gate.enter('c')]).toEqual([
      true,
      true,
      false,
      true,
      false,
    ]);
    expect(gate.shut()).toEqual(['a']);
    gate.leave('a', true);
    expect(gate.enter('c')).toBe(true);
  });

  it('lets so many in within a minute', async () => {
    const clock = createFakeClock();
    const gate = new HostGate(clock, { perHost: 9, total: 9, perHostMinute: 3 });
    const entered = (): boolean => {
      const may = gate.enter('a');
      if (may) gate.leave('a', true);
      return may;
    };
    expect([entered(), entered(), entered(), entered()]).toEqual([true, true, true, false]);
    expect(gate.opensInMs()).toBe(minute);
    await clock.advance(minute);
    expect(entered()).toBe(true);
  });

  it('does not count who did not ask after all', () => {
    const gate = new HostGate(createFakeClock(), { perHost: 9, total: 9, perHostMinute: 1 });
    for (let index = 0; index < 5; index += 1) {
      expect(gate.enter('a')).toBe(true);
      gate.leave('a', null);
    }
  });

  it('shuts for a minute after five failures, and for longer each time', async () => {
    const clock = createFakeClock();
    const gate = new HostGate(clock, { perHost: 2, total: 9 });
    failTimes(gate, 5);
    expect([gate.enter('a'), gate.opensInMs()]).toEqual([false, minute]);
    await clock.advance(minute);
    failTimes(gate, 1);
    expect([gate.enter('a'), gate.opensInMs()]).toEqual([false, 2 * minute]);
    for (let index = 0; index < 10; index += 1) {
      await clock.advance(30 * minute);
      failTimes(gate, 1);
    }
    expect(gate.opensInMs()).toBe(30 * minute);
  });

  it('lets one in to see whether a host is well again, then all', async () => {
    const clock = createFakeClock();
    const gate = new HostGate(clock, { perHost: 2, total: 9 });
    failTimes(gate, 5);
    await clock.advance(minute);
    expect([gate.enter('a'), gate.enter('a')]).toEqual([true, false]);
    gate.leave('a', true);
    expect([gate.enter('a'), gate.enter('a')]).toEqual([true, true]);
    expect(gate.opensInMs()).toBeNull();
  });
});
