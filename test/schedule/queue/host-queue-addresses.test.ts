import { describe, expect, it } from 'vitest';
import type { DueSource } from '../../../src/domain/polling/poll.ts';
import { type AddressOf, HostQueue } from '../../../src/schedule/queue/host-queue.ts';
import { defaultQueueLimits, type QueueLimits } from '../../../src/schedule/queue/queue-limits.ts';

const well = { timedOut: false, pauseMs: null };
const slow = { timedOut: true, pauseMs: null };

function row(id: string, host = id, part: Partial<DueSource> = {}): DueSource {
  return { id, host, nextCheckMs: 0, consecutiveTimeouts: 0, ...part };
}

/** Rows with one host each: `a0`, `a1`, … */
function hosts(name: string, count: number, part: Partial<DueSource> = {}): DueSource[] {
  return Array.from({ length: count }, (_, n) => row(`${name}${n}`, `${name}${n}`, part));
}

function queueOf(addressOf: AddressOf, limits: Partial<QueueLimits> = {}): HostQueue {
  return new HostQueue({ ...defaultQueueLimits, globalPerSecond: 1_000, ...limits }, addressOf);
}

function take(queue: HostQueue, atMs: number): string[] {
  return queue.take(atMs).map((turn) => turn.source.id);
}

/** Hosts whose names begin with the same letter share an address. */
const byLetter: AddressOf = (host) => host.slice(0, 1);

describe('HostQueue with hosts that share an address', () => {
  it('runs four of them concurrently', () => {
    const queue = queueOf(byLetter);
    queue.add(hosts('a', 7), 0);
    expect(take(queue, 0)).toEqual(['a0', 'a1', 'a2', 'a3']);
    expect(take(queue, 60_000)).toEqual([]);
    queue.complete('a2', well, 60_000);
    expect(take(queue, 60_000)).toEqual(['a4']);
    for (const id of ['a0', 'a1', 'a3', 'a4']) queue.complete(id, well, 60_000);
    expect(take(queue, 60_000)).toEqual(['a5', 'a6']);
  });

  it('does not delay hosts at other addresses', () => {
    const queue = queueOf(byLetter, { concurrency: 8 });
    queue.add(hosts('a', 20), 0);
    queue.add(hosts('b', 2), 0);
    expect(take(queue, 0)).toEqual(['a0', 'a1', 'a2', 'a3', 'b0', 'b1']);
  });

  it('starts the longest-waiting host next, not the one that just finished', () => {
    const queue = queueOf(byLetter, { hostGapMs: 0, addressConcurrency: 1 });
    queue.add([row('a0/0', 'a0'), row('a0/1', 'a0'), row('a1'), row('a2')], 0);
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const [id = ''] = take(queue, n);
      order.push(id);
      queue.complete(id, well, n);
    }
    expect(order).toEqual(['a0/0', 'a1', 'a2', 'a0/1']);
  });

  it('allows as many as hostConcurrency if that is greater', () => {
    const queue = queueOf(byLetter, { hostConcurrency: 6, hostGapMs: 0 });
    queue.add(
      Array.from({ length: 9 }, (_, n) => row(`a/${n}`, 'a')),
      0,
    );
    expect(take(queue, 0)).toHaveLength(6);
  });

  it('starts the next waiting host if the first may not start', () => {
    const queue = queueOf(byLetter, { addressConcurrency: 1 });
    queue.add(hosts('a', 3), 0);
    expect(take(queue, 0)).toEqual(['a0']);
    // Already limited by its address, it is now paused as well.
    queue.pauseHost('a1', 50_000, 0);
    queue.complete('a0', well, 1_000);
    expect(take(queue, 1_000)).toEqual(['a2']);
    queue.complete('a2', well, 2_000);
    expect(take(queue, 2_000)).toEqual([]);
    expect(queue.nextReadyMs(2_000)).toBe(50_000);
    expect(take(queue, 50_000)).toEqual(['a1']);
  });

  it('starts the next waiting host if the first was paused meanwhile', () => {
    const queue = queueOf(byLetter, { addressConcurrency: 1 });
    queue.add(hosts('a', 3), 0);
    queue.take(0);
    queue.complete('a0', well, 1_000);
    queue.pauseHost('a1', 50_000, 1_000);
    expect(take(queue, 1_000)).toEqual(['a2']);
  });

  it('starts the next waiting host if the first must wait for the slow lane', () => {
    const queue = queueOf(byLetter, { addressConcurrency: 1, concurrency: 4 });
    queue.add([row('a0'), row('a1', 'a1', { consecutiveTimeouts: 2 }), row('a2')], 0);
    queue.add(hosts('s', 1, { consecutiveTimeouts: 2 }), 0);
    queue.add(hosts('t', 1, { consecutiveTimeouts: 2 }), 0);
    expect(take(queue, 0)).toEqual(['a0', 's0', 't0']);
    queue.complete('a0', well, 1_000);
    expect(take(queue, 1_000)).toEqual(['a2']);
    queue.complete('a2', well, 2_000);
    queue.complete('s0', slow, 2_000);
    expect(take(queue, 2_000)).toContain('a1');
  });

  it('does not count the wait for an address as waitedMs', () => {
    const queue = queueOf(byLetter, { addressConcurrency: 1 });
    queue.add(hosts('a', 2), 0);
    queue.take(0);
    queue.complete('a0', well, 30_000);
    expect(queue.take(30_500)).toMatchObject([{ source: { id: 'a1' }, waitedMs: 500 }]);
  });
});

describe('HostQueue and address lookup', () => {
  it('looks the address up at the turn of a host, and again after the host was idle', () => {
    const asked: string[] = [];
    const queue = queueOf((host) => {
      asked.push(host);
      return host;
    });
    queue.add([row('h/0', 'h'), row('h/1', 'h')], 0);
    queue.pauseHost('i', 99_000, 0);
    queue.add([row('i')], 0);
    queue.take(0);
    queue.complete('h/0', slow, 1_000);
    queue.take(1_000);
    queue.complete('h/1', slow, 2_000);
    queue.take(9_000);
    expect(asked).toEqual(['h']);
    queue.add([row('h/2', 'h')], 9_000);
    queue.take(9_000);
    expect(asked).toEqual(['h', 'h']);
  });

  it('continues with other hosts during a lookup and starts the host first afterwards', () => {
    const queue = queueOf((host) => (host === 'late' ? undefined : host), { globalPerSecond: 2 });
    queue.add([row('late'), ...hosts('h', 5)], 0);
    expect(take(queue, 0)).toEqual(['h0', 'h1']);
    queue.setAddress('late', 'x', 100);
    expect(queue.nextReadyMs(100)).toBe(1_000);
    expect(take(queue, 1_000)).toEqual(['late', 'h2']);
  });

  it('blocks the host during its lookup without using a slot', () => {
    const queue = queueOf(() => undefined);
    queue.add([row('a')], 0);
    expect(take(queue, 0)).toEqual([]);
    expect([queue.running, queue.waiting, queue.readyHosts]).toEqual([0, 1, 1]);
    expect(queue.nextReadyMs(0)).toBeNull();
    queue.setAddress('a', null, 50);
    expect(queue.nextReadyMs(50)).toBe(50);
    expect(queue.take(70)).toMatchObject([{ source: { id: 'a' }, waitedMs: 20 }]);
  });

  it('runs at most as many lookups as slots', () => {
    const asked: string[] = [];
    const queue = queueOf(
      (host) => {
        asked.push(host);
        return undefined;
      },
      { concurrency: 3 },
    );
    queue.add(hosts('h', 9), 0);
    queue.take(0);
    expect(asked).toEqual(['h0', 'h1', 'h2']);
    expect(queue.nextReadyMs(0)).toBeNull();
    queue.setAddress('h1', 'x', 1);
    expect(take(queue, 1)).toEqual(['h1']);
    expect(asked).toEqual(['h0', 'h1', 'h2', 'h3']);
  });

  it('ignores a lookup result for a host that no longer waits', () => {
    const queue = queueOf(() => undefined);
    queue.setAddress('nobody', 'x', 0);
    queue.add([row('a')], 0);
    queue.setAddress('a', 'x', 0);
    queue.take(0);
    queue.setAddress('a', 'x', 0);
    expect(take(queue, 0)).toEqual(['a']);
    queue.setAddress('a', 'y', 0);
    expect(queue.running).toBe(1);
  });
});
