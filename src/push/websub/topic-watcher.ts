import { setImmediate as nextTurn } from 'node:timers/promises';
import { secondMs } from '../../domain/durations.ts';
import type { Cursor, LogEvent } from '../../domain/events/event.ts';
import { sectionPath, sourcePath, topicsAt } from '../../domain/websub/websub-topics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { maxDeliveryAgeMs, minDeliveryIntervalMs } from './delivery-retry.ts';
import type { HubEventLog, HubStore } from './hub-store.ts';

/** The changes of one refresh arrive within it. */
const batchWindowMs = secondMs;

export interface TopicWatcherParts {
  readonly clock: Clock;
  readonly eventLog: HubEventLog;
  readonly store: Pick<HubStore, 'queuedPosition' | 'enqueueDeliveries' | 'subscribedTopics'>;
  readonly publicUrl: string;
  /** Called with topics whose content may have changed, with or without subscribers. */
  onChanged(topics: readonly string[]): void;
}

/**
 * Queues deliveries for new events. Its position in the log is committed together with the deliveries, so that events
 * which were written while no process ran are caught up with.
 */
export class TopicWatcher {
  readonly #parts: TopicWatcherParts;
  #position: Cursor | null = null;

  constructor(parts: TopicWatcherParts) {
    this.#parts = parts;
  }

  /** Reads the log up to its head. @returns whether anything was queued. */
  async run(): Promise<boolean> {
    const { eventLog, store, publicUrl } = this.#parts;
    let queued = false;
    for (;;) {
      const { epoch, head, floor } = eventLog.head();
      this.#position ??= await store.queuedPosition();
      const position = this.#position;
      // Without a position it is unknown what subscribers have: the database may have been restored. Content that they
      // have already is not sent again.
      if (position === null || position.epoch !== epoch || position.seq < floor - 1 || position.seq > head) {
        queued = (await this.#queue(null, { epoch, seq: head })) || queued;
        continue;
      }
      if (position.seq === head) return queued;
      const events = await eventLog.readAfter(position.seq);
      const last = events.at(-1)?.seq;
      if (last === undefined) return queued;
      queued = (await this.#queue(affectedTopics(events, publicUrl), { epoch, seq: last })) || queued;
      // The log is in memory or read synchronously: a long catch-up must not block the event loop.
      await nextTurn();
    }
  }

  /** @param topics null: all. */
  async #queue(topics: readonly string[] | null, position: Cursor): Promise<boolean> {
    const { store, clock, onChanged } = this.#parts;
    const nowMs = clock.now();
    const subscribed = await store.subscribedTopics(topics, nowMs);
    if (subscribed.length > 0) {
      const timing = { nowMs, batchWindowMs, minIntervalMs: minDeliveryIntervalMs, expireAfterMs: maxDeliveryAgeMs };
      await store.enqueueDeliveries({ topics: subscribed, position }, timing);
    }
    this.#position = position;
    if (topics !== null) onChanged(topics);
    return subscribed.length > 0;
  }
}

/** The topics that events change: those that contain their items now, and those that did before. */
function affectedTopics(events: readonly LogEvent[], publicUrl: string): string[] {
  const paths = new Set(['']);
  for (const { facets, previousFacets } of events) {
    for (const { sections, sources } of previousFacets === null ? [facets] : [facets, previousFacets]) {
      for (const section of sections) paths.add(sectionPath(section));
      for (const source of sources) paths.add(sourcePath(source));
    }
  }
  return [...paths].flatMap((path) => topicsAt(publicUrl, path));
}
