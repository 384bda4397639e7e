import { describe, expect, it } from 'vitest';
import { everything } from '../../../src/domain/events/filter.ts';
import { type Log, silentLog } from '../../../src/runtime/log.ts';
import { drainEventLoop } from '../../support/push/drain-event-loop.ts';
import { createFanOutHarness, RecordingSink, readable } from '../../support/push/fan-out-harness.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';

describe('createFanOut', () => {
  it('counts subscriptions and resets', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head');
    await harness.subscribe({ epoch: 'e0', seq: 1 });
    await harness.subscribe({ epoch: 'e1', seq: 9 });
    await harness.subscribe({ epoch: 'e0', seq: 2 });
    expect([harness.fanOut.size, harness.fanOut.filterCount]).toEqual([1, 1]);
    expect([...harness.fanOut.resets]).toEqual([
      ['epoch_changed', 2],
      ['cursor_in_future', 1],
    ]);
    sink.subscription?.close();
    sink.subscription?.close();
    expect([harness.fanOut.size, harness.fanOut.filterCount]).toEqual([0, 0]);
  });

  it('encodes an event once for all subscriptions with the same filter', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    let made = 0;
    const counting = {
      ...readable,
      encode: (delivery: Parameters<typeof readable.encode>[0]) => ++made && readable.encode(delivery),
    };
    const sinks = Array.from({ length: 50 }, () => Object.assign(new RecordingSink(), { encoding: counting }));
    for (const sink of sinks) await harness.subscribe('head', [everything], sink);
    await harness.publish(1);
    expect(sinks.every((sink) => sink.take().includes('add 4<3'))).toBe(true);
    expect(made).toBe(1);
  });

  it('serves 200 subscriptions in one slice, and the rest in the next', async () => {
    const slices: (() => void)[] = [];
    const harness = await createFanOutHarness(new MemoryLog(3), {
      fanOut: { defer: (work) => void slices.push(work) },
    });
    const run = () => slices.shift()?.();
    const sinks = Array.from({ length: 450 }, () => new RecordingSink());
    for (const sink of sinks)
      sink.subscription = harness.fanOut.subscribe({ filters: [everything], after: 'head', sink });
    while (slices.length > 0) run();
    harness.log.append();
    harness.tail.notify(4);
    await drainEventLoop();
    const served = () => sinks.filter((sink) => sink.notes.includes('add 4<3')).length;
    expect([slices.length, served()]).toEqual([1, 0]);
    run();
    expect([slices.length, served()]).toEqual([1, 200]);
    run();
    run();
    expect([slices.length, served()]).toEqual([0, 450]);
  });

  it('ends a slice after 8 ms, whatever its ticks cost', async () => {
    const slices: (() => void)[] = [];
    let nowMs = 0;
    // The clock advances by 3 ms at each reading, so that every tick takes time.
    const clock = { now: () => nowMs, monotonic: () => (nowMs += 3) };
    const harness = await createFanOutHarness(new MemoryLog(3), {
      fanOut: { clock, defer: (work) => void slices.push(work) },
    });
    const sinks = Array.from({ length: 10 }, () => new RecordingSink());
    for (const sink of sinks)
      sink.subscription = harness.fanOut.subscribe({ filters: [everything], after: 'head', sink });
    const counts: number[] = [];
    while (slices.length > 0) {
      slices.shift()?.();
      counts.push(sinks.filter(({ notes }) => notes.includes('live 3<3')).length);
    }
    expect(counts).toEqual([3, 6, 9, 10]);
  });

  it('builds at most half a megabyte of new frames in one slice', async () => {
    const slices: (() => void)[] = [];
    const log = new MemoryLog();
    const harness = await createFanOutHarness(log, { fanOut: { defer: (work) => void slices.push(work) } });
    for (let index = 0; index < 100; index += 1) log.append({ body: `{"t":"${'x'.repeat(40_000)}"}` });
    harness.tail.notify(100);
    await drainEventLoop();
    const sinks = Array.from({ length: 30 }, () => new RecordingSink());
    for (const [seq, sink] of sinks.entries()) {
      harness.fanOut.subscribe({ filters: [everything], after: { epoch: 'e1', seq }, sink });
    }
    slices.shift()?.();
    const served = sinks.filter((sink) => sink.notes.length > 1).length;
    expect(served).toBeGreaterThan(5);
    expect(served).toBeLessThan(15);
  });

  it('computes at most 20 steps in one slice, even if they send nothing', async () => {
    const slices: (() => void)[] = [];
    const harness = await createFanOutHarness(new MemoryLog(), { fanOut: { defer: (work) => void slices.push(work) } });
    await harness.publish(100);
    const nothing = { ...everything, q: 'nowhere' };
    const sinks = Array.from({ length: 50 }, () => new RecordingSink());
    for (const [seq, sink] of sinks.entries()) {
      harness.fanOut.subscribe({ filters: [nothing], after: { epoch: 'e1', seq }, sink });
    }
    const served = () => sinks.filter((sink) => sink.notes.length > 1).length;
    slices.shift()?.();
    expect(served()).toBe(20);
    slices.shift()?.();
    expect(served()).toBe(40);
  });

  it('does not let the backlog of one subscription delay the new events of others', async () => {
    const slices: (() => void)[] = [];
    const harness = await createFanOutHarness(new MemoryLog(), { fanOut: { defer: (work) => void slices.push(work) } });
    await harness.publish(1000);
    const order: string[] = [];
    const slow = new RecordingSink();
    const quick = new RecordingSink();
    slow.onDeliver = () => order.push('slow');
    quick.onDeliver = () => order.push('quick');
    harness.fanOut.subscribe({ filters: [everything], after: { epoch: 'e1', seq: 0 }, sink: slow });
    harness.fanOut.subscribe({ filters: [everything], after: { epoch: 'e1', seq: 999 }, sink: quick });
    while (slices.length > 0) slices.shift()?.();
    expect(order.slice(0, 3)).toEqual(['slow', 'quick', 'slow']);
    expect(order.length).toBe(17);
  });

  it('ends a subscription that throws, and serves the others', async () => {
    const errors: string[] = [];
    const logger: Log = { ...silentLog, error: (_, message) => void errors.push(message) };
    const harness = await createFanOutHarness(new MemoryLog(3), { fanOut: { log: logger } });
    const broken = new RecordingSink();
    broken.onDeliver = () => {
      throw new Error('a bug');
    };
    await harness.subscribe('head', [everything], broken);
    const sound = await harness.subscribe('head');
    await harness.publish(2);
    expect(broken.take().at(-1)).toBe('lost');
    expect(sound.take().at(-1)).toBe('add 5<4');
    expect(errors).toEqual(['a subscription failed']);
  });

  it('resets all subscriptions when the log is replaced', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sinks = [await harness.subscribe('head'), await harness.subscribe('head', [{ ...everything, q: 'a' }])];
    harness.log.replace('e2', 7);
    harness.tail.notify(99);
    await drainEventLoop();
    for (const sink of sinks) expect(sink.take().at(-1)).toBe('reset epoch_changed e2 1..7');
    expect(harness.fanOut.size).toBe(0);
  });

  it('resets a client only once when it subscribes again in response', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = new RecordingSink();
    const reset = sink.reset.bind(sink);
    sink.reset = (...args) => {
      reset(...args);
      harness.fanOut.subscribe({ filters: [everything], after: 'head', sink });
    };
    await harness.subscribe('head', [everything], sink);
    await harness.subscribe('head', [{ ...everything, q: 'a' }]);
    sink.take();
    harness.log.replace('e2', 7);
    harness.tail.notify(99);
    await drainEventLoop();
    expect(sink.take()).toEqual(['reset epoch_changed e2 1..7', 'subscribed e2-7 of 7', 'live 7<7']);
  });

  it('does not reset a client that connects with a cursor of the new log at that moment', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const head = harness.log.bounds.bind(harness.log);
    let answer = () => {};
    harness.log.replace('e2', 7);
    harness.log.bounds = () => new Promise((resolve) => (answer = () => resolve(head())));
    const sink = await harness.subscribe({ epoch: 'e2', seq: 5 });
    harness.log.bounds = head;
    harness.tail.notify(99);
    await drainEventLoop();
    expect(harness.tail.bounds.epoch).toBe('e2');
    answer();
    await drainEventLoop();
    expect(sink.take()).toEqual(['subscribed e2-5 of 7', 'add 6<5', 'add 7<6', 'live 7<7']);
  });

  it('aborts all subscriptions when the same log became shorter', async () => {
    const harness = await createFanOutHarness(new MemoryLog(9));
    const sink = await harness.subscribe('head');
    harness.log.cutTo(5);
    harness.tail.notify(10);
    await drainEventLoop();
    expect(sink.take().at(-1)).toBe('lost');
  });

  it('reads the database once per page for many clients that reconnect at once', async () => {
    const harness = await createFanOutHarness(new MemoryLog(), { tail: { maxEvents: 10, pageSize: 100 } });
    await harness.publish(500);
    const { reads } = harness.log;
    const crowd = Array.from({ length: 1000 }, (_, index) => harness.subscribe({ epoch: 'e1', seq: index % 490 }));
    const sinks = await Promise.all(crowd);
    await drainEventLoop(500);
    expect(sinks.every((sink) => sink.notes.at(-1) === 'live 500<500')).toBe(true);
    expect(harness.log.reads - reads).toBeLessThanOrEqual(5);
  });
});
