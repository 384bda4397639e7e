import { describe, expect, it } from 'vitest';
import { HostLimiter } from '../../../src/push/websub/host-limiter.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

const minute = 60_000;

function failTimes(gate: HostLimiter, times: number): void {
  for (let index = 0; index < times; index += 1) {
    if (gate.tryAcquire('a')) gate.release('a', false);
  }
}

describe('HostLimiter', () => {
  it('limits concurrent requests for each host and in all', () => {
    const gate = new HostLimiter(createFakeClock(), { perHost: 2, total: 3 });
    expect([
      gate.tryAcquire('a'),
      gate.tryAcquire('a'),
      gate.tryAcquire('a'),
      gate.tryAcquire('b'),
      gate.tryAcquire('c'),
    ]).toEqual([true, true, false, true, false]);
    expect(gate.blockedHosts()).toEqual(['a']);
    gate.release('a', true);
    expect(gate.tryAcquire('c')).toBe(true);
  });

  it('limits requests to one host within a minute', async () => {
    const clock = createFakeClock();
    const gate = new HostLimiter(clock, { perHost: 9, total: 9, perHostPerMinute: 3 });
    const entered = (): boolean => {
      const may = gate.tryAcquire('a');
      if (may) gate.release('a', true);
      return may;
    };
    expect([entered(), entered(), entered(), entered()]).toEqual([true, true, true, false]);
    expect(gate.nextUnblockInMs()).toBe(minute);
    await clock.advance(minute);
    expect(entered()).toBe(true);
  });

  it('does not count a permit that is released without a request', () => {
    const gate = new HostLimiter(createFakeClock(), { perHost: 9, total: 9, perHostPerMinute: 1 });
    for (let index = 0; index < 5; index += 1) {
      expect(gate.tryAcquire('a')).toBe(true);
      gate.release('a', null);
    }
  });

  it('pauses a host for a minute after five failures, and for longer each time', async () => {
    const clock = createFakeClock();
    const gate = new HostLimiter(clock, { perHost: 2, total: 9 });
    failTimes(gate, 5);
    expect([gate.tryAcquire('a'), gate.nextUnblockInMs()]).toEqual([false, minute]);
    await clock.advance(minute);
    failTimes(gate, 1);
    expect([gate.tryAcquire('a'), gate.nextUnblockInMs()]).toEqual([false, 2 * minute]);
    for (let index = 0; index < 10; index += 1) {
      await clock.advance(30 * minute);
      failTimes(gate, 1);
    }
    expect(gate.nextUnblockInMs()).toBe(30 * minute);
  });

  it('permits one probe after a pause, and all requests once it succeeds', async () => {
    const clock = createFakeClock();
    const gate = new HostLimiter(clock, { perHost: 2, total: 9 });
    failTimes(gate, 5);
    await clock.advance(minute);
    expect([gate.tryAcquire('a'), gate.tryAcquire('a')]).toEqual([true, false]);
    gate.release('a', true);
    expect([gate.tryAcquire('a'), gate.tryAcquire('a')]).toEqual([true, true]);
    expect(gate.nextUnblockInMs()).toBeNull();
  });
});
