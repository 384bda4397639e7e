import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Cursor, LogEvent } from '../../domain/events/event.ts';
import { sectionPath, sourcePath, topicsAt } from '../../domain/websub/websub-topics.ts';
import type { Clock } from '../../runtime/clock.ts';
import { paceMs } from './content-distributor.ts';
import { maxDeliveryAgeMs } from './delivery-retry.ts';
import type { HubEventLog, HubStore } from './hub-store.ts';

/** What comes within one refresh is delivered in one. */
const settleMs = 1000;

/** What watching the log needs. */
export interface TopicWatcherParts {
  readonly clock: Clock;
  readonly eventLog: HubEventLog;
  readonly ports: Pick<HubStore, 'queuedPlace' | 'queue' | 'subscribedTopics'>;
  publicUrl(): string;
  /** Called with topics whose content may have changed, whoever is subscribed. */
  onChanged(topics: readonly string[]): void;
}

/**
 * Turns what is new in the log into deliveries. How far it got is kept with the deliveries it queued, so that what
 * happened while nobody watched is made up for.
 */
export class TopicWatcher {
  readonly #parts: TopicWatcherParts;
  #place: Cursor | null = null;

  constructor(parts: TopicWatcherParts) {
    this.#parts = parts;
  }

  /** Reads on to where the log stands. @returns whether anything was queued. */
  async run(): Promise<boolean> {
    const { eventLog, ports } = this.#parts;
    let queued = false;
    for (;;) {
      const head = eventLog.head();
      this.#place ??= (await ports.queuedPlace()) ?? { epoch: head.epoch, seq: head.head };
      const { epoch, seq } = this.#place;
      const isLost = epoch !== head.epoch || seq < head.floor - 1 || seq > head.head;
      if (isLost) {
        queued = (await this.#queue(null, { epoch: head.epoch, seq: head.head })) || queued;
        continue;
      }
      if (seq === head.head) return queued;
      const events = await eventLog.readAfter(seq);
      const last = events.at(-1)?.seq;
      if (last === undefined) return queued;
      queued =
        (await this.#queue(affectedTopics(events, this.#parts.publicUrl()), { epoch: head.epoch, seq: last })) ||
        queued;
      // The log is in memory or read synchronously: a long way through it is no one step.
      await nextTurn();
    }
  }

  /** @param topics null: all. */
  async #queue(topics: readonly string[] | null, place: Cursor): Promise<boolean> {
    const { ports, clock, onChanged } = this.#parts;
    const nowMs = clock.now();
    const wanted = await ports.subscribedTopics(topics, nowMs);
    if (wanted.length > 0) {
      await ports.queue({ topics: wanted, place }, { nowMs, settleMs, paceMs, withinMs: maxDeliveryAgeMs });
    }
    this.#place = place;
    if (topics !== null) onChanged(topics);
    return wanted.length > 0;
  }
}

/** The topics in which events can be seen: where their items stand now, and where they stood before. */
export function affectedTopics(events: readonly LogEvent[], publicUrl: string): string[] {
  const paths = new Set(['']);
  for (const { facets, previousFacets } of events) {
    for (const one of previousFacets === null ? [facets] : [facets, previousFacets]) {
      for (const section of one.sections) paths.add(sectionPath(section));
      for (const source of one.sources) paths.add(sourcePath(source));
    }
  }
  return [...paths].flatMap((path) => topicsAt(publicUrl, path));
}
