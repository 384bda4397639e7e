import { describe, expect, it } from 'vitest';
import { MessageQueue, Watchdog } from '../../src/client/transport.ts';

const ping = { type: 'ping' } as const;
const place = { type: 'cursor', cursor: 'e1-1' } as const;

describe('MessageQueue', () => {
  it('returns messages in order, and waits for the next', async () => {
    const inbox = new MessageQueue();
    inbox.push(ping);
    inbox.push(place);
    expect(await inbox.next()).toBe(ping);
    expect(await inbox.next()).toBe(place);
    const next = inbox.next();
    inbox.push(ping);
    expect(await next).toBe(ping);
  });

  it('returns messages pushed before it was closed, then null', async () => {
    const inbox = new MessageQueue();
    inbox.push(ping);
    inbox.close();
    expect(await inbox.next()).toBe(ping);
    expect(await inbox.next()).toBe(null);
  });

  it('resolves a waiting call when it is closed', async () => {
    const inbox = new MessageQueue();
    const next = inbox.next();
    inbox.close();
    expect(await next).toBe(null);
  });

  it('drops queued messages of an earlier subscription', async () => {
    const inbox = new MessageQueue();
    inbox.push(ping);
    inbox.clear();
    inbox.push(place);
    expect(await inbox.next()).toBe(place);
  });
});

describe('Watchdog', () => {
  /** Timers that a test fires. */
  function timers() {
    const set = new Map<() => void, number>();
    return {
      set,
      after(ms: number, run: () => void) {
        set.set(run, ms);
        return () => void set.delete(run);
      },
    };
  }

  it('calls back after a period without messages', () => {
    const { set, after } = timers();
    let barks = 0;
    new Watchdog(after, 15_000, () => {
      barks += 1;
    });
    expect([...set.values()]).toEqual([15_000]);
    for (const run of set.keys()) run();
    expect(barks).toBe(1);
  });

  it('allows one heartbeat to be late, not two', () => {
    const { set, after } = timers();
    const dog = new Watchdog(after, 15_000, () => {});
    dog.expectEvery(25_000);
    expect([...set.values()]).toEqual([50_000]);
    dog.touch();
    expect([...set.values()]).toEqual([50_000]);
    dog.stop();
    expect(set.size).toBe(0);
  });
});
