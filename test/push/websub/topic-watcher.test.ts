import { describe, expect, it } from 'vitest';
import type { Cursor, LogBounds } from '../../../src/domain/events/event.ts';
import { TopicWatcher } from '../../../src/push/websub/topic-watcher.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** A topic watcher at a stored position, over an empty log. */
function watcherAt(queued: Cursor | null, head: LogBounds) {
  const lookups: (readonly string[] | null)[] = [];
  const positions: Cursor[] = [];
  const watcher = new TopicWatcher({
    clock: createFakeClock(),
    eventLog: { head: () => head, readAfter: async () => [] },
    store: {
      queuedPosition: async () => queued,
      subscribedTopics: async (topics) => {
        lookups.push(topics);
        return ['https://news.example.org/feed.rss'];
      },
      enqueueDeliveries: async ({ position }) => void positions.push(position),
    },
    publicUrl: 'https://news.example.org',
    onChanged() {},
  });
  return { watcher, lookups, positions };
}

describe('TopicWatcher', () => {
  it('queues every subscribed topic when the epoch of the log has changed, also if the log is longer than before', async () => {
    const { watcher, lookups, positions } = watcherAt(
      { epoch: 'before', seq: 13 },
      { epoch: 'after', head: 32, floor: 1 },
    );
    expect(await watcher.run()).toBe(true);
    expect(lookups).toEqual([null]);
    expect(positions).toEqual([{ epoch: 'after', seq: 32 }]);
  });

  it('queues every subscribed topic when no position is stored, as in a backup from before the first delivery', async () => {
    const { watcher, lookups, positions } = watcherAt(null, { epoch: 'after', head: 13, floor: 1 });
    expect(await watcher.run()).toBe(true);
    expect(lookups).toEqual([null]);
    expect(positions).toEqual([{ epoch: 'after', seq: 13 }]);
  });

  it('queues nothing when the log has not changed', async () => {
    const { watcher, lookups } = watcherAt({ epoch: 'before', seq: 32 }, { epoch: 'before', head: 32, floor: 1 });
    expect(await watcher.run()).toBe(false);
    expect(lookups).toEqual([]);
  });
});
