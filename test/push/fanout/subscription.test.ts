import { describe, expect, it } from 'vitest';
import { everything, type Filter } from '../../../src/domain/events/filter.ts';
import { drainEventLoop } from '../../support/push/drain-event-loop.ts';
import { createFanOutHarness, RecordingSink } from '../../support/push/fan-out-harness.ts';
import { MemoryLog } from '../../support/push/memory-log.ts';

const nothing: Filter = { ...everything, sections: ['nowhere'] };
const at = (seq: number, epoch = 'e1') => ({ epoch, seq });

/** A log whose first events are not in the event buffer and must be loaded. */
async function harnessBehind(events: number, ring = 5) {
  const log = new MemoryLog();
  const harness = await createFanOutHarness(log, { tail: { maxEvents: ring, pageSize: 10, maxCachedBytes: 0 } });
  await harness.publish(events);
  return harness;
}

describe('a subscription', () => {
  it('replays missed events, then sends live, then new events', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(3);
    const sink = await harness.subscribe(at(1));
    expect(sink.take()).toEqual(['subscribed e1-1 of 3', 'add 2<1', 'add 3<2', 'live 3<3']);
    await harness.publish(2);
    expect(sink.take()).toEqual(['add 4<3', 'add 5<4']);
  });

  it('is live at once at the head', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head');
    expect(sink.take()).toEqual(['subscribed e1-3 of 3', 'live 3<3']);
  });

  it('is live at once in an empty log', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    expect((await harness.subscribe('floor')).take()).toEqual(['subscribed e1-0 of 0', 'live 0<0']);
  });

  it('starts before the oldest event at the floor', async () => {
    const log = new MemoryLog(9);
    log.trim(7);
    const harness = await createFanOutHarness(log);
    expect((await harness.subscribe('floor')).take()).toEqual([
      'subscribed e1-6 of 9',
      'add 7<6',
      'add 8<7',
      'add 9<8',
      'live 9<9',
    ]);
  });

  it('continues from loaded pages into the buffer without a gap', async () => {
    const harness = await harnessBehind(37);
    const sink = await harness.subscribe(at(0));
    const items = sink.take().slice(1, -1);
    expect(items).toEqual(Array.from({ length: 37 }, (_, index) => `add ${index + 1}<${index}`));
  });

  it('misses no event that is added during a load', async () => {
    const harness = await harnessBehind(37);
    let publishing: Promise<void> | null = null;
    harness.log.afterRead = () => {
      harness.log.afterRead = () => {};
      publishing = harness.publish(9);
    };
    const sink = await harness.subscribe(at(0));
    await publishing;
    await drainEventLoop();
    const items = sink.take().filter((note) => note.startsWith('add'));
    expect(items).toEqual(Array.from({ length: 46 }, (_, index) => `add ${index + 1}<${index}`));
  });

  it('does not read the database for events in the buffer', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(50);
    const { reads } = harness.log;
    await harness.subscribe(at(3));
    expect(harness.log.reads).toBe(reads);
  });

  it('sends pos only after the position moved without a message', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head', [nothing]);
    sink.take();
    sink.subscription?.sendPos();
    expect(sink.take()).toEqual([]);
    await harness.publish(2);
    sink.subscription?.sendPos();
    sink.subscription?.sendPos();
    expect(sink.take()).toEqual(['pos 5<3']);
  });

  it('does not send pos after an item with the same position', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head');
    await harness.publish(2);
    sink.take();
    sink.subscription?.sendPos();
    expect(sink.take()).toEqual([]);
  });

  it('loads once, however often it is woken during the load', async () => {
    const harness = await harnessBehind(30);
    const load = harness.tail.loadAfter.bind(harness.tail);
    let loads = 0;
    harness.tail.loadAfter = (seq) => {
      loads += 1;
      return load(seq);
    };
    let answer = () => {};
    harness.log.beforeRead = () => new Promise((resolve) => (answer = resolve));
    const sink = await harness.subscribe(at(20));
    for (let wakes = 0; wakes < 3; wakes += 1) {
      sink.subscription?.wake();
      await drainEventLoop(2);
    }
    harness.log.beforeRead = () => {};
    answer();
    await drainEventLoop();
    expect(loads).toBe(1);
    expect(sink.take().at(-1)).toBe('live 30<30');
  });

  it('does not send events beyond the head of this node, even if a page has them', async () => {
    const harness = await createFanOutHarness(new MemoryLog(), { tail: { maxEvents: 5, pageSize: 100 } });
    await harness.publish(30);
    for (let index = 0; index < 5; index += 1) harness.log.append();
    const sink = await harness.subscribe(at(20));
    expect(sink.take().at(-1)).toBe('live 30<30');
    await harness.publish(0);
    expect(sink.take().at(-1)).toBe('add 35<34');
  });

  it('does not send a position beyond the events that it has matched', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(3);
    const sink = new RecordingSink();
    sink.room = 0;
    await harness.subscribe(at(0), [nothing], sink);
    sink.subscription?.sendPos();
    expect(sink.take()).toEqual(['subscribed e1-0 of 3']);
    sink.drain();
    await drainEventLoop();
    expect(sink.take()).toEqual(['live 3<0']);
  });

  it('sends pos during a long replay without matches', async () => {
    const harness = await createFanOutHarness(new MemoryLog(), {
      tail: { pageSize: 10 },
      fanOut: { limits: { maxEventsBetweenPos: 20 } },
    });
    await harness.publish(45);
    const sink = await harness.subscribe(at(0), [nothing]);
    expect(sink.take()).toEqual(['subscribed e1-0 of 45', 'pos 20<0', 'pos 40<0', 'live 45<0']);
  });

  it('sends nothing after it is closed', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head', [nothing]);
    await harness.publish(1);
    sink.take();
    sink.subscription?.close();
    await harness.publish(2);
    sink.subscription?.sendPos();
    expect(sink.take()).toEqual([]);
    expect(harness.fanOut.size).toBe(0);
  });

  it('sends nothing when it is closed during a load', async () => {
    const harness = await harnessBehind(37);
    const sink = new RecordingSink();
    harness.log.afterRead = () => sink.subscription?.close();
    await harness.subscribe(at(0), [everything], sink);
    expect(sink.take()).toEqual(['subscribed e1-0 of 37']);
  });

  it('sends each step once, even if woken from inside a delivery', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(5);
    const sink = new RecordingSink();
    sink.onDeliver = () => {
      sink.subscription?.wake();
      sink.subscription?.tick();
    };
    await harness.subscribe(at(0), [everything], sink);
    expect(sink.take().filter((note) => note.startsWith('add'))).toHaveLength(5);
  });
});

describe('a client that does not read', () => {
  it('gets nothing until it has drained, and then everything', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(200);
    const sink = new RecordingSink();
    sink.room = 1;
    await harness.subscribe(at(0), [everything], sink);
    expect(sink.take().at(-1)).toBe('add 64<63');
    await harness.publish(10);
    expect(sink.take()).toEqual([]);
    sink.drain(1);
    await drainEventLoop();
    expect(sink.take()).toHaveLength(64);
    sink.drain();
    await drainEventLoop();
    expect(sink.take().at(-1)).toBe('live 210<210');
  });

  it('does not get live before the last item was sent', async () => {
    const harness = await createFanOutHarness(new MemoryLog());
    await harness.publish(2);
    const sink = new RecordingSink();
    sink.room = 1;
    await harness.subscribe(at(0), [everything], sink);
    expect(sink.take()).not.toContain('live 2<2');
    sink.drain();
    await drainEventLoop();
    expect(sink.take()).toEqual(['live 2<2']);
  });

  it('is reset, not served with a gap, when retention has passed its position', async () => {
    const harness = await harnessBehind(30);
    const sink = new RecordingSink();
    sink.room = 1;
    await harness.subscribe(at(0), [everything], sink);
    sink.take();
    harness.log.trim(25);
    sink.drain();
    await drainEventLoop();
    expect(sink.take()).toEqual(['reset cursor_too_old e1 25..30']);
  });
});

describe('a cursor that cannot be served', () => {
  it('is reset when it is too old', async () => {
    const log = new MemoryLog(30);
    log.trim(20);
    const harness = await createFanOutHarness(log);
    expect((await harness.subscribe(at(18))).take()).toEqual(['reset cursor_too_old e1 20..30']);
    expect((await harness.subscribe(at(19))).take()[0]).toBe('subscribed e1-19 of 30');
  });

  it('is reset when retention deletes the next event during the read', async () => {
    const harness = await harnessBehind(30);
    harness.log.beforeRead = () => harness.log.trim(8);
    const sink = await harness.subscribe(at(3));
    expect(sink.take()).toEqual(['subscribed e1-3 of 30', 'reset cursor_too_old e1 8..30']);
  });

  it('is reset when retention deletes all later events during the read', async () => {
    const harness = await harnessBehind(30);
    harness.log.beforeRead = () => harness.log.trim(31);
    expect((await harness.subscribe(at(3))).take().at(-1)).toBe('reset cursor_too_old e1 31..30');
  });

  it('is reset at a hole of the log', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    const sink = await harness.subscribe('head');
    harness.log.append();
    harness.log.leaveHole();
    await harness.publish(1);
    expect(sink.take()).toEqual(['subscribed e1-3 of 3', 'live 3<3', 'add 4<3', 'reset cursor_too_old e1 1..6']);
  });

  it('is served up to a later hole, and reset there', async () => {
    const log = new MemoryLog(4);
    log.leaveHole();
    log.append();
    const harness = await createFanOutHarness(log, { tail: { pageSize: 10 } });
    expect((await harness.subscribe(at(2))).take()).toEqual([
      'subscribed e1-2 of 6',
      'add 3<2',
      'add 4<3',
      'reset cursor_too_old e1 1..6',
    ]);
  });

  it('is reset when it has another epoch', async () => {
    const harness = await createFanOutHarness(new MemoryLog(9));
    expect((await harness.subscribe(at(3, 'e0'))).take()).toEqual(['reset epoch_changed e1 1..9']);
  });

  it('is reset when the log is replaced during the load', async () => {
    const harness = await harnessBehind(30);
    harness.log.beforeRead = () => {
      harness.log.beforeRead = () => {};
      harness.log.replace('e2', 30);
    };
    expect((await harness.subscribe(at(3))).take()).toEqual(['subscribed e1-3 of 30', 'reset epoch_changed e2 1..30']);
  });

  it('is reset when it is ahead of the log', async () => {
    const harness = await createFanOutHarness(new MemoryLog(9));
    expect((await harness.subscribe(at(10))).take()).toEqual(['reset cursor_in_future e1 1..9']);
  });

  it('is reset when the replay would have too many events', async () => {
    const harness = await createFanOutHarness(new MemoryLog(30), { fanOut: { limits: { maxEvents: 10 } } });
    expect((await harness.subscribe(at(19))).take()).toEqual(['reset replay_too_large e1 1..30']);
    expect((await harness.subscribe(at(20))).take()[0]).toBe('subscribed e1-20 of 30');
    expect((await harness.subscribe('floor')).take()[0]).toBe('subscribed e1-20 of 30');
  });

  it('is reset when the first event to replay is too old', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3), { fanOut: { limits: { maxAgeMs: 1000 } } });
    harness.nowMs = 1001;
    expect((await harness.subscribe(at(1))).take()).toEqual(['subscribed e1-1 of 3', 'reset replay_too_large e1 1..3']);
    harness.nowMs = 1000;
    expect((await harness.subscribe(at(1))).take()).toContain('add 2<1');
  });

  it('has no age limit when the client sent no cursor', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3), { fanOut: { limits: { maxAgeMs: 1000 } } });
    harness.nowMs = 5000;
    expect((await harness.subscribe('floor')).take()).toContain('live 3<3');
  });

  it('is not reset for the age of an event that reaches a live client late', async () => {
    const harness = await createFanOutHarness(new MemoryLog(), { fanOut: { limits: { maxAgeMs: 1000 } } });
    harness.nowMs = 10;
    await harness.publish(1);
    const sink = await harness.subscribe(at(0));
    harness.nowMs = 5000;
    await harness.publish(1);
    expect(sink.take().at(-1)).toBe('add 2<1');
  });

  it('is aborted, with its cursor still valid, when the log cannot be read', async () => {
    const harness = await harnessBehind(30);
    harness.log.beforeRead = () => {
      throw new Error('database is gone');
    };
    expect((await harness.subscribe(at(3))).take()).toEqual(['subscribed e1-3 of 30', 'lost']);
    expect(harness.fanOut.size).toBe(0);
  });
});

describe('a client of a node that is ahead', () => {
  it('starts at its cursor and is served once this node has caught up', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    for (let index = 0; index < 5; index += 1) harness.log.append();
    const sink = await harness.subscribe(at(6));
    expect(sink.take()).toEqual(['subscribed e1-6 of 6', 'add 7<6', 'add 8<7', 'live 8<8']);
  });

  it('is not live before this node has caught up', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    for (let index = 0; index < 5; index += 1) harness.log.append();
    let answer = () => {};
    harness.log.beforeRead = () => new Promise((resolve) => (answer = resolve));
    const sink = await harness.subscribe(at(8));
    expect(sink.take()).toEqual(['subscribed e1-8 of 8']);
    harness.log.beforeRead = () => {};
    answer();
    await drainEventLoop();
    expect(sink.take()).toEqual(['live 8<8']);
  });

  it('is aborted while this node has not noticed that the log was replaced', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    harness.log.replace('e2', 9);
    harness.log.beforeRead = () => new Promise(() => {});
    expect((await harness.subscribe(at(4, 'e2'))).take()).toEqual(['lost']);
  });

  it('is aborted when the database cannot be read', async () => {
    const harness = await createFanOutHarness(new MemoryLog(3));
    harness.log.bounds = async () => {
      throw new Error('database is gone');
    };
    expect((await harness.subscribe(at(4))).take()).toEqual(['lost']);
  });
});
