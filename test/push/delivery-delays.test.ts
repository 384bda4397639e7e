import { describe, expect, it } from 'vitest';
import { DeliveryDelays, type DeliveryStage } from '../../src/push/delivery-delays.ts';
import { drainEventLoop } from '../support/push/drain-event-loop.ts';
import { createFanOutHarness, RecordingSink } from '../support/push/fan-out-harness.ts';
import { type EventFacts, MemoryLog } from '../support/push/memory-log.ts';

const hourMs = 3_600_000;

/** A log whose items come from sources, a fan-out, and a clock that a test moves. */
async function createWorld(log = new MemoryLog()) {
  const time = { wall: 1_000_000, monotonic: 0 };
  const pass = (ms: number): void => {
    time.wall += ms;
    time.monotonic += ms;
  };
  const clock = { now: () => time.wall, monotonic: () => time.monotonic };
  const observed: [DeliveryStage, string, number][] = [];
  const freshness = new DeliveryDelays({ clock, observe: (...one) => void observed.push(one) });
  const harness = await createFanOutHarness(log, { fanOut: { onDelivered: (step) => freshness.recordDelivery(step) } });
  freshness.followTail(harness.tail);
  const item = (source: string, publishedMs: number | null): Pick<EventFacts, 'body' | 'atMs'> => ({
    atMs: time.wall,
    body: JSON.stringify({
      id: 1,
      source: { id: source },
      publishedAt: publishedMs === null ? null : new Date(publishedMs).toISOString(),
    }),
  });
  const commit = (source: string, publishedMs: number | null, facts: EventFacts = {}): void => {
    log.append({ ...item(source, publishedMs), ...facts });
    freshness.recordCommit(log.headSeq);
  };
  const push = async (): Promise<void> => {
    harness.tail.notify(log.headSeq);
    await drainEventLoop();
  };
  return { log, harness, freshness, observed, pass, commit, push, now: () => time.wall };
}

type World = Awaited<ReturnType<typeof createWorld>>;

/** Publishes one item of `example` 60 s before it is read, 2 s before it is stored, 0.5 s before it is pushed. */
async function oneItem({ freshness, pass, commit, push, now }: World): Promise<void> {
  const publishedMs = now();
  pass(60_000);
  freshness.recordFetch('example');
  pass(2000);
  commit('example', publishedMs);
  pass(500);
  await push();
}

describe('delivery delays', () => {
  it('measures each stage of the delivery of a new item', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    await oneItem(world);
    expect(world.observed).toEqual([
      ['fetched_to_stored', 'example', 2],
      ['published_to_fetched', 'example', 60],
      ['stored_to_pushed', 'example', 0.5],
      ['published_to_pushed', 'example', 62.5],
    ]);
    const { publishedToStoredMs, storedToPushedMs } = world.freshness.medians().get('example') ?? {};
    expect(publishedToStoredMs).toBeGreaterThan(62_000 / 1.4);
    expect(publishedToStoredMs).toBeLessThan(62_000 * 1.4);
    expect(storedToPushedMs).toBeGreaterThan(500 / 1.4);
    expect(storedToPushedMs).toBeLessThan(500 * 1.4);
  });

  it('counts the first delivery of an item as pushed, and every delivery as written', async () => {
    const world = await createWorld();
    for (let reader = 0; reader < 3; reader += 1) await world.harness.subscribe('head');
    await oneItem(world);
    expect(world.observed.filter(([stage]) => stage === 'stored_to_pushed')).toHaveLength(1);
    expect([...world.freshness.commitToWrite.counts].reduce((a, b) => a + b)).toBe(3);
    expect(world.freshness.commitToWrite.sum).toBeCloseTo(1.5);
  });

  it('does not count an item as pushed when no client was connected', async () => {
    const world = await createWorld();
    await oneItem(world);
    expect(world.observed.map(([stage]) => stage)).toEqual(['fetched_to_stored', 'published_to_fetched']);
    expect(world.freshness.medians().get('example')?.storedToPushedMs).toBeNull();
  });

  it('does not count replays, so that a late reconnect does not count as delay', async () => {
    const world = await createWorld();
    await oneItem(world);
    const before = world.observed.length;
    world.pass(hourMs);
    expect((await world.harness.subscribe('floor')).take()).toContain('add 1<0');
    expect(world.observed).toHaveLength(before);
    expect(world.freshness.commitToWrite.sum).toBe(0);
  });

  it('ignores backfill, updates and removals', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    world.freshness.recordFetch('example');
    world.commit('example', world.now(), { backfill: true });
    world.commit('example', world.now(), { op: 'update', changed: ['title'], was: {} });
    world.commit('example', world.now(), { op: 'remove', was: {}, body: '{"id":1,"url":null}' });
    await world.push();
    expect(world.observed).toEqual([]);
  });

  it('ignores missing publication dates and treats future ones as a delay of zero', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    world.freshness.recordFetch('example');
    world.commit('example', null);
    world.commit('example', world.now() + hourMs);
    await world.push();
    const published = world.observed.filter(([stage]) => stage.startsWith('published'));
    expect(published).toEqual([
      ['published_to_fetched', 'example', 0],
      ['published_to_pushed', 'example', 0],
    ]);
  });

  it('uses the time of an event that another process committed', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    world.log.append({ atMs: world.now(), body: '{"id":1,"source":{"id":"example"},"publishedAt":null}' });
    world.pass(700);
    await world.push();
    expect(world.observed).toEqual([['stored_to_pushed', 'example', 0.7]]);
  });

  it('counts the delay of a client that is behind', async () => {
    const world = await createWorld();
    const sink = await world.harness.subscribe('head', undefined, new RecordingSink());
    sink.room = 0;
    await oneItem(world);
    expect(world.observed.filter(([stage]) => stage === 'stored_to_pushed')).toEqual([]);
    world.pass(1000);
    sink.drain();
    await drainEventLoop();
    expect(world.observed).toContainEqual(['stored_to_pushed', 'example', 1.5]);
  });

  it('forgets delays after half a day to a day', async () => {
    const world = await createWorld();
    await oneItem(world);
    world.pass(11 * hourMs);
    expect(world.freshness.medians().get('example')?.publishedToStoredMs).not.toBeNull();
    world.pass(2 * hourMs);
    expect(world.freshness.medians().get('example')?.publishedToStoredMs).not.toBeNull();
    world.pass(12 * hourMs);
    expect(world.freshness.medians().size).toBe(0);
  });

  it('keeps medians of at most 2,000 sources, and measures the others in total', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    for (let source = 0; source < 2010; source += 1) world.commit(`s${source}`, world.now());
    await world.push();
    expect(world.freshness.medians().size).toBe(2000);
    expect(new Set(world.observed.map(([, source]) => source)).size).toBe(2010);
  });

  it('starts again when the log is replaced', async () => {
    const world = await createWorld();
    await world.harness.subscribe('head');
    await oneItem(world);
    world.log.replace('e2', 3);
    world.harness.tail.notify(99);
    await drainEventLoop();
    const sink = await world.harness.subscribe('head');
    await oneItem(world);
    expect(sink.take()).toContain('add 4<3');
    expect(world.observed.filter(([stage]) => stage === 'stored_to_pushed')).toHaveLength(2);
  });
});
