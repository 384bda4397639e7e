import { describe, expect, it } from 'vitest';
import type { DueSource } from '../../../src/domain/polling/poll.ts';
import { HostQueue } from '../../../src/schedule/queue/host-queue.ts';
import { defaultQueueLimits, type QueueLimits } from '../../../src/schedule/queue/queue-limits.ts';

const well = { timedOut: false, pauseMs: null };
const slow = { timedOut: true, pauseMs: null };

function row(id: string, host = `${id}.example.org`, part: Partial<DueSource> = {}): DueSource {
  return { id, host, nextCheckMs: 0, consecutiveTimeouts: 0, ...part };
}

function rows(count: number, host: string, part: Partial<DueSource> = {}): DueSource[] {
  return Array.from({ length: count }, (_, n) => row(`${host}/${n}`, host, part));
}

function queueOf(limits: Partial<QueueLimits> = {}): HostQueue {
  return new HostQueue({ ...defaultQueueLimits, globalPerSecond: 1_000, ...limits });
}

function take(queue: HostQueue, atMs: number): string[] {
  return queue.take(atMs).map((turn) => turn.source.id);
}

describe('HostQueue with one host', () => {
  it('runs one source at a time', () => {
    const queue = queueOf();
    queue.add(rows(3, 'h'), 0);
    expect(take(queue, 0)).toEqual(['h/0']);
    expect(take(queue, 60_000)).toEqual([]);
    queue.complete('h/0', well, 60_000);
    expect(take(queue, 60_000)).toEqual(['h/1']);
  });

  it('waits for the gap between two starts', () => {
    const queue = queueOf();
    queue.add(rows(2, 'h'), 0);
    take(queue, 0);
    queue.complete('h/0', well, 200);
    expect(take(queue, 999)).toEqual([]);
    expect(queue.nextReadyMs(200)).toBe(1_000);
    expect(take(queue, 1_000)).toEqual(['h/1']);
  });

  it('keeps the gap if no source waited in between', () => {
    const queue = queueOf();
    queue.add([row('a', 'h')], 0);
    take(queue, 0);
    queue.complete('a', well, 100);
    queue.add([row('b', 'h')], 200);
    expect(take(queue, 200)).toEqual([]);
    expect(take(queue, 1_000)).toEqual(['b']);
  });

  it('starts the next source at once after a release', () => {
    const queue = queueOf({ globalPerSecond: 1 });
    queue.add(rows(3, 'h'), 0);
    expect(take(queue, 0)).toEqual(['h/0']);
    queue.release('h/0', 0);
    expect(take(queue, 0)).toEqual(['h/1']);
    queue.complete('h/1', well, 100);
    expect(take(queue, 900)).toEqual([]);
    expect(take(queue, 1_000)).toEqual(['h/2']);
  });

  it('keeps a pause across a release', () => {
    const queue = queueOf();
    queue.add(rows(2, 'h'), 0);
    take(queue, 0);
    queue.pauseHost('h', 60_000, 0);
    queue.release('h/0', 10);
    expect(take(queue, 59_999)).toEqual([]);
    expect(take(queue, 60_000)).toEqual(['h/1']);
  });

  it('does not start removed sources', () => {
    const queue = queueOf();
    queue.add(rows(200, 'h'), 0);
    expect(take(queue, 0)).toEqual(['h/0']);
    queue.retain((id) => id === 'h/199', 10);
    expect(queue.waiting).toBe(1);
    queue.complete('h/0', well, 20);
    expect(take(queue, 1_000)).toEqual(['h/199']);
  });

  it('deletes the host when all its sources were removed', () => {
    const queue = queueOf();
    queue.add([...rows(200, 'h'), ...rows(2, 'slow', { consecutiveTimeouts: 3 })], 0);
    queue.retain(() => false, 0);
    expect({ waiting: queue.waiting, hosts: queue.hosts, ready: queue.readyHosts }).toEqual({
      ...{ waiting: 0, hosts: 0, ready: 0 },
    });
  });

  it('runs as many sources as hostConcurrency allows', () => {
    const queue = queueOf({ hostConcurrency: 2, hostGapMs: 10 });
    queue.add(rows(3, 'h'), 0);
    expect(take(queue, 0)).toEqual(['h/0']);
    expect(take(queue, 10)).toEqual(['h/1']);
    expect(take(queue, 20)).toEqual([]);
  });

  it('starts nothing during a pause', () => {
    const queue = queueOf();
    queue.add(rows(2, 'h'), 0);
    take(queue, 0);
    queue.complete('h/0', { timedOut: false, pauseMs: 900_000 }, 1_000);
    expect(take(queue, 900_999)).toEqual([]);
    expect(queue.nextReadyMs(1_000)).toBe(901_000);
    expect(take(queue, 901_000)).toEqual(['h/1']);
  });

  it('applies a pause to sources added later', () => {
    const queue = queueOf();
    queue.add([row('a', 'h')], 0);
    take(queue, 0);
    queue.complete('a', { timedOut: false, pauseMs: 60_000 }, 0);
    queue.take(30_000);
    queue.add([row('b', 'h')], 30_000);
    expect(take(queue, 30_000)).toEqual([]);
    expect(take(queue, 60_000)).toEqual(['b']);
  });

  it('applies a pause set before the first source was added', () => {
    const queue = queueOf();
    queue.pauseHost('h', 60_000, 0);
    queue.pauseHost('h', 30_000, 0);
    queue.add([row('a', 'h'), row('b', 'other')], 10);
    expect(take(queue, 10)).toEqual(['b']);
    expect(take(queue, 59_999)).toEqual([]);
    expect(take(queue, 60_000)).toEqual(['a']);
  });

  it('applies a pause to a host that was ready', () => {
    const queue = queueOf();
    queue.add([row('a', 'h')], 0);
    queue.pauseHost('h', 60_000, 0);
    expect(take(queue, 0)).toEqual([]);
    expect(take(queue, 60_000)).toEqual(['a']);
  });

  it('deletes an idle host after its pause', () => {
    const queue = queueOf();
    queue.pauseHost('h', 60_000, 0);
    queue.take(59_999);
    expect(queue.hosts).toBe(1);
    queue.take(60_000);
    expect(queue.hosts).toBe(0);
  });

  it('starts sources in the order in which they were added', () => {
    const queue = queueOf({ hostGapMs: 0 });
    queue.add(rows(4, 'h'), 0);
    const order: string[] = [];
    for (let n = 0; n < 4; n += 1) {
      const [id = ''] = take(queue, n);
      order.push(id);
      queue.complete(id, well, n);
    }
    expect(order).toEqual(['h/0', 'h/1', 'h/2', 'h/3']);
  });
});

describe('HostQueue with many hosts', () => {
  it('alternates between hosts, however many sources each has', () => {
    const queue = queueOf({ globalPerSecond: 2, hostGapMs: 0 });
    queue.add([...rows(100, 'big'), row('a'), row('b')], 0);
    const order: string[] = [];
    for (let second = 0; second < 4; second += 1) {
      for (const id of take(queue, second * 1_000)) {
        order.push(id);
        queue.complete(id, well, second * 1_000);
      }
    }
    expect(order).toEqual(['big/0', 'a', 'b', 'big/1', 'big/2', 'big/3']);
  });

  it('does not delay other hosts for one with five thousand sources', () => {
    const queue = queueOf({ globalPerSecond: 10 });
    queue.add(rows(5_000, 'big'), 0);
    queue.add(
      Array.from({ length: 50 }, (_, n) => row(`s${n}`)),
      0,
    );
    const started = new Map<string, number>();
    for (let atMs = 0; atMs <= 6_000; atMs += 100) {
      for (const id of take(queue, atMs)) {
        started.set(id, atMs);
        queue.complete(id, well, atMs + 50);
      }
    }
    expect([...started.keys()].filter((id) => id.startsWith('s'))).toHaveLength(50);
    expect([...started.keys()].filter((id) => id.startsWith('big')).length).toBeLessThanOrEqual(7);
  });

  it('starts at most globalPerSecond sources per second', () => {
    const queue = queueOf({ globalPerSecond: 10, concurrency: 100 });
    queue.add(
      Array.from({ length: 50 }, (_, n) => row(`s${n}`)),
      0,
    );
    expect(take(queue, 0)).toHaveLength(10);
    expect(take(queue, 999)).toHaveLength(0);
    expect(queue.nextReadyMs(999)).toBe(1_000);
    expect(take(queue, 1_000)).toHaveLength(10);
  });

  it('runs at most as many sources as slots', () => {
    const queue = queueOf({ concurrency: 3 });
    queue.add(
      Array.from({ length: 5 }, (_, n) => row(`s${n}`)),
      0,
    );
    expect(take(queue, 0)).toEqual(['s0', 's1', 's2']);
    expect(queue.running).toBe(3);
    expect(queue.nextReadyMs(0)).toBeNull();
    queue.complete('s1', well, 500);
    expect(take(queue, 500)).toEqual(['s3']);
  });

  it('starts at most as many sources as the caller requests', () => {
    const queue = queueOf();
    queue.add(
      Array.from({ length: 5 }, (_, n) => row(`s${n}`)),
      0,
    );
    expect(queue.take(0, 2)).toHaveLength(2);
  });

  it('deletes hosts without state', () => {
    const queue = queueOf();
    for (let n = 0; n < 1_000; n += 1) {
      queue.add([row(`s${n}`)], n * 2_000);
      take(queue, n * 2_000);
      queue.complete(`s${n}`, well, n * 2_000 + 100);
    }
    queue.take(10_000_000);
    expect(queue.hosts).toBe(0);
  });
});

describe('the slow lane', () => {
  const slowRows = (count: number) =>
    Array.from({ length: count }, (_, n) => row(`slow${n}`, `slow${n}`, { consecutiveTimeouts: 2 }));

  it('uses at most half of the slots', () => {
    const queue = queueOf({ concurrency: 4 });
    queue.add(slowRows(10), 0);
    expect(take(queue, 0)).toHaveLength(2);
    queue.add([row('a'), row('b'), row('c')], 0);
    expect(take(queue, 0)).toEqual(['a', 'b']);
  });

  it('continues when one of its slots is free', () => {
    const queue = queueOf({ concurrency: 4 });
    queue.add(slowRows(3), 0);
    take(queue, 0);
    expect(take(queue, 10_000)).toEqual([]);
    queue.complete('slow0', slow, 30_000);
    expect(take(queue, 30_000)).toEqual(['slow2']);
  });

  it('admits a host after two timeouts of any of its sources', () => {
    const queue = queueOf({ concurrency: 2, hostGapMs: 0 });
    for (const host of ['x', 'y']) {
      queue.add(rows(3, host), 0);
    }
    for (let n = 0; n < 2; n += 1) {
      for (const id of take(queue, n)) queue.complete(id, slow, n);
    }
    expect(take(queue, 10)).toEqual(['x/2']);
    queue.add([row('a')], 10);
    expect(take(queue, 10)).toEqual(['a']);
  });

  it('releases a host at its first response in time', () => {
    const queue = queueOf({ concurrency: 2, hostGapMs: 0 });
    queue.add(rows(5, 'x'), 0);
    for (const report of [slow, slow, well]) {
      const [id = ''] = take(queue, 0);
      queue.complete(id, report, 0);
    }
    queue.add([row('b', 'b', { consecutiveTimeouts: 9 })], 0);
    expect(take(queue, 0)).toHaveLength(2);
  });

  it('does not delay the fast sources of a host with a slow one', () => {
    const queue = queueOf({ concurrency: 2 });
    queue.add([row('stalled', 'z', { consecutiveTimeouts: 5 })], 0);
    take(queue, 0);
    queue.add([row('slow', 'h', { consecutiveTimeouts: 5 }), row('quick', 'h')], 0);
    expect(take(queue, 0)).toEqual(['quick']);
  });

  it('does not delay a fast source added after a parked one', () => {
    const queue = queueOf({ concurrency: 2 });
    queue.add([row('stalled', 'z', { consecutiveTimeouts: 5 }), row('slow', 'h', { consecutiveTimeouts: 5 })], 0);
    expect(take(queue, 0)).toEqual(['stalled']);
    queue.add([row('quick', 'h')], 10);
    expect(take(queue, 10)).toEqual(['quick']);
  });

  it('leaves slots for healthy hosts while two hundred hosts stall', () => {
    const queue = queueOf({ globalPerSecond: 10 });
    const ends: { id: string; atMs: number; stalls: boolean }[] = [];
    const lateness: number[] = [];
    for (let host = 0; host < 200; host += 1) queue.add(rows(50, `stall${host}`), 0);
    for (let atMs = 0; atMs < 3_600_000; atMs += 500) {
      if (atMs % 5_000 === 0) queue.add([row(`well${atMs}`, `well${atMs}`, { nextCheckMs: atMs })], atMs);
      for (const end of ends.filter((one) => one.atMs <= atMs)) {
        queue.complete(end.id, end.stalls ? slow : well, atMs);
        ends.splice(ends.indexOf(end), 1);
      }
      for (const { source } of queue.take(atMs)) {
        const stalls = source.id.startsWith('stall');
        ends.push({ id: source.id, atMs: atMs + (stalls ? 30_000 : 500), stalls });
        if (!stalls) lateness.push(atMs - source.nextCheckMs);
      }
    }
    // The first timeouts take some minutes; then the stalling hosts use at most half of the slots.
    const settled = lateness.slice(150);
    expect(settled.length).toBeGreaterThan(500);
    expect(Math.max(...settled)).toBeLessThanOrEqual(2_000);
  });
});

describe('HostQueue after setLimits', () => {
  it('applies new limits to the next start', () => {
    const queue = queueOf({ hostGapMs: 10_000, concurrency: 1 });
    queue.add([...rows(2, 'h'), row('a')], 0);
    expect(take(queue, 0)).toEqual(['h/0']);
    queue.setLimits({ ...defaultQueueLimits, hostGapMs: 500, concurrency: 2 });
    expect(take(queue, 0)).toEqual(['a']);
    queue.complete('a', well, 0);
    queue.add([row('b', 'a.example.org')], 0);
    expect(take(queue, 499)).toEqual([]);
    expect(take(queue, 500)).toEqual(['b']);
  });

  it('applies a new rate at once', () => {
    const queue = queueOf({ globalPerSecond: 1 });
    queue.add(
      Array.from({ length: 9 }, (_, n) => row(`s${n}`)),
      0,
    );
    expect(take(queue, 0)).toHaveLength(1);
    queue.setLimits({ ...defaultQueueLimits, globalPerSecond: 5 });
    expect(take(queue, 1)).toHaveLength(5);
  });
});

describe('HostQueue bookkeeping', () => {
  it('ignores a source that already waits or runs', () => {
    const queue = queueOf();
    expect(queue.add([row('a'), row('a')], 0)).toBe(1);
    take(queue, 0);
    expect(queue.add([row('a')], 10)).toBe(0);
    queue.complete('a', well, 20);
    expect(queue.add([row('a')], 30)).toBe(1);
  });

  it('queues at most maxQueuedPerHost sources of a host', () => {
    const queue = queueOf({ maxQueuedPerHost: 3 });
    expect(queue.add(rows(10, 'h'), 0)).toBe(3);
    expect(queue.waiting).toBe(3);
  });

  it('frees the slot on release', () => {
    const queue = queueOf({ concurrency: 1 });
    queue.add([row('a'), row('b')], 0);
    expect(take(queue, 0)).toEqual(['a']);
    queue.release('a', 0);
    expect(take(queue, 0)).toEqual(['b']);
  });

  it('ignores the completion of an unknown source', () => {
    const queue = queueOf();
    queue.complete('ghost', well, 0);
    queue.release('ghost', 0);
    expect(queue.running).toBe(0);
  });

  it('excludes delays caused by the host from waitedMs', () => {
    const queue = queueOf({ globalPerSecond: 1 });
    queue.add([row('a', 'h'), row('b', 'h')], 0);
    expect(queue.take(0)[0]?.waitedMs).toBe(0);
    queue.complete('a', { timedOut: false, pauseMs: 10_000 }, 0);
    expect(queue.take(12_000)[0]?.waitedMs).toBe(2_000);
  });

  it('has no next ready time if nothing waits', () => {
    const queue = queueOf();
    expect(queue.nextReadyMs(0)).toBeNull();
    expect(take(queue, 0)).toEqual([]);
  });
});
