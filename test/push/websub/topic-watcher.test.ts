import { describe, expect, it } from 'vitest';
import type { Cursor, LogBounds } from '../../../src/domain/events/event.ts';
import { TopicWatcher } from '../../../src/push/websub/topic-watcher.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** A watch that got as far as `queued`, over an empty log; what it queues for, and at which place. */
function watchFrom(queued: Cursor, head: LogBounds) {
  const asked: (readonly string[] | null)[] = [];
  const places: Cursor[] = [];
  const watch = new TopicWatcher({
    clock: createFakeClock(),
    eventLog: { head: () => head, readAfter: async () => [] },
    ports: {
      queuedPlace: async () => queued,
      subscribedTopics: async (topics) => {
        asked.push(topics);
        return ['https://news.example.org/feed.rss'];
      },
      queue: async ({ place }) => void places.push(place),
    },
    publicUrl: () => 'https://news.example.org',
    onChanged() {},
  });
  return { watch, asked, places };
}

describe('watching topics', () => {
  it('delivers every subscribed topic again once the log has another epoch, though it is longer by then', async () => {
    const { watch, asked, places } = watchFrom({ epoch: 'before', seq: 13 }, { epoch: 'after', head: 32, floor: 1 });
    expect(await watch.run()).toBe(true);
    expect(asked).toEqual([null]);
    expect(places).toEqual([{ epoch: 'after', seq: 32 }]);
  });

  it('delivers nothing where the log stands as it stood', async () => {
    const { watch, asked } = watchFrom({ epoch: 'before', seq: 32 }, { epoch: 'before', head: 32, floor: 1 });
    expect(await watch.run()).toBe(false);
    expect(asked).toEqual([]);
  });
});
