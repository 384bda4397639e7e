import { hourMs } from '../domain/durations.ts';
import type { LogEvent } from '../domain/events/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { DurationHistogram, exponentialBounds, medianDuration } from '../runtime/duration-histogram.ts';
import type { Step } from './fanout/frames.ts';
import type { LogTail } from './log/log-tail.ts';

/** A stretch of the way of an item, from its publisher to a reader. */
export type DeliveryStage = 'published_to_fetched' | 'fetched_to_stored' | 'stored_to_pushed' | 'published_to_pushed';

/** How fresh the items of a source are, as medians of about the last day; null: nothing of it came by. */
export interface SourceDelays {
  /** From publication, as the publisher says it, to our database. */
  readonly publishedToStoredMs: number | null;
  /** From the commit to the first live reader. */
  readonly storedToPushedMs: number | null;
}

/** Measures how long news is under way. It looks at new items only: no backfill, no edits. */
export interface DeliveryDelays {
  /** From the commit of an event to the write to a socket, of every live delivery, in seconds. */
  readonly commitToWrite: DurationHistogram;
  /** A document of a source has just been read. */
  recordFetch(sourceId: string): void;
  /** Events up to `head` have just been committed: what the doorbell says. */
  recordCommit(head: number): void;
  /** Follows a tail that was started. */
  followTail(tail: LogTail): void;
  /** A reader who keeps up has been written a step of the log. */
  recordDelivery(step: Step): void;
  /** By source; sources of which nothing came by are missing. */
  medians(): ReadonlyMap<string, SourceDelays>;
}

/** What freshness is measured with. */
export interface DeliveryDelayOptions {
  readonly clock: Clock;
  /** Told each duration of an item, in seconds. */
  readonly observe: (stage: DeliveryStage, sourceId: string, seconds: number) => void;
}

/** Sources of which medians are kept: 1.3 KB each. Those beyond are measured together with all others only. */
const maxSources = 2000;
/** New events whose first delivery is waited for; commits that are remembered; documents that were read. */
const maxWaiting = 4096;
const maxCommits = 1024;
const maxFetches = 10_000;
/** Two windows, of which the older is dropped: so medians tell of half a day to a day. */
const windowMs = 12 * hourMs;
const medianBounds = exponentialBounds(0.001, 7 * 86_400, 1.4);
const writeBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A new item on its way to its first reader. */
interface Arrival {
  readonly sourceId: string;
  /** Epoch ms; null: the publisher does not say. */
  readonly publishedMs: number | null;
}

interface PendingEvent {
  /** On the monotonic clock. */
  readonly committedMs: number;
  /** Null: no new item, or delivered before. */
  arrival: Arrival | null;
}

/** Measures nothing yet. */
export function createDeliveryDelays(options: DeliveryDelayOptions): DeliveryDelays {
  return new DelayTracker(options);
}

class DelayTracker implements DeliveryDelays {
  readonly commitToWrite = new DurationHistogram(writeBounds);
  readonly #clock: Clock;
  readonly #observe: DeliveryDelayOptions['observe'];
  readonly #fetches = new Map<string, number>();
  readonly #waiting = new Map<number, PendingEvent>();
  readonly #sources = new Map<string, SourceWindows>();
  #commits: { readonly head: number; readonly atMs: number }[] = [];
  #windowEndMs: number;

  constructor({ clock, observe }: DeliveryDelayOptions) {
    this.#clock = clock;
    this.#observe = observe;
    this.#windowEndMs = clock.monotonic() + windowMs;
  }

  recordFetch(sourceId: string): void {
    this.#fetches.delete(sourceId);
    this.#fetches.set(sourceId, this.#clock.now());
    dropOldest(this.#fetches, maxFetches);
  }

  recordCommit(head: number): void {
    this.#commits.push({ head, atMs: this.#clock.monotonic() });
    if (this.#commits.length > maxCommits) this.#commits = this.#commits.slice(-maxCommits / 2);
  }

  followTail(tail: LogTail): void {
    let last = tail.place.head;
    tail.onDiscontinuity(() => {
      last = tail.place.head;
      this.#waiting.clear();
      this.#commits = [];
    });
    tail.onAdvance(() => {
      // A node that slept past retention starts anew behind the gap: what it missed is not measured.
      for (let events = tail.eventsAfter(last); events !== null && events.length > 0; events = tail.eventsAfter(last)) {
        for (const event of events) this.#arrive(event);
        last = events.at(-1)?.seq ?? last;
      }
      last = tail.place.head;
      this.#commits = this.#commits.filter(({ head }) => head > last);
    });
  }

  recordDelivery({ prev, isNew, seqs }: Step): void {
    const nowMs = this.#clock.monotonic();
    const newest = this.#waiting.get(prev);
    if (newest !== undefined) this.commitToWrite.observe((nowMs - newest.committedMs) / 1000);
    // Only the first delivery of an item is its arrival, and the first to take a step works it out.
    if (isNew) for (const seq of seqs) this.#firstDelivery(seq, nowMs);
  }

  medians(): ReadonlyMap<string, SourceDelays> {
    this.#turnWindows();
    return new Map([...this.#sources].map(([id, windows]) => [id, windows.medians()]));
  }

  #arrive(event: LogEvent): void {
    const committedMs = this.#committedMs(event);
    const arrival = event.op === 'add' && !event.backfill ? arrivalOf(event) : null;
    this.#waiting.set(event.seq, { committedMs, arrival });
    dropOldest(this.#waiting, maxWaiting);
    if (arrival !== null) this.#noteStored(arrival, committedMs);
  }

  /** By the ring that told of it; of an event that another process wrote, by the clock on it. */
  #committedMs({ seq, atMs }: LogEvent): number {
    const ring = this.#commits.find(({ head }) => head >= seq);
    return ring?.atMs ?? this.#clock.monotonic() - Math.max(0, this.#clock.now() - atMs);
  }

  #noteStored({ sourceId, publishedMs }: Arrival, committedMs: number): void {
    const storedMs = this.#clock.now() - (this.#clock.monotonic() - committedMs);
    const fetchedMs = this.#fetches.get(sourceId);
    if (fetchedMs !== undefined) {
      this.#observe('fetched_to_stored', sourceId, seconds(fetchedMs, storedMs));
      if (publishedMs !== null) this.#observe('published_to_fetched', sourceId, seconds(publishedMs, fetchedMs));
    }
    if (publishedMs !== null) this.#windows(sourceId)?.published.observe(seconds(publishedMs, storedMs));
  }

  #firstDelivery(seq: number, nowMs: number): void {
    const waiting = this.#waiting.get(seq);
    if (waiting === undefined || waiting.arrival === null) return;
    const { sourceId, publishedMs } = waiting.arrival;
    waiting.arrival = null;
    const pushed = (nowMs - waiting.committedMs) / 1000;
    this.#observe('stored_to_pushed', sourceId, Math.max(0, pushed));
    this.#windows(sourceId)?.pushed.observe(pushed);
    if (publishedMs !== null) this.#observe('published_to_pushed', sourceId, seconds(publishedMs, this.#clock.now()));
  }

  #windows(sourceId: string): SourceWindows | null {
    this.#turnWindows();
    const known = this.#sources.get(sourceId);
    if (known !== undefined) return known;
    if (this.#sources.size >= maxSources) return null;
    const windows = new SourceWindows();
    this.#sources.set(sourceId, windows);
    return windows;
  }

  #turnWindows(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#windowEndMs) return;
    // After a silence of more than a window even the younger of the two is too old.
    const turns = nowMs - this.#windowEndMs >= windowMs ? 2 : 1;
    this.#windowEndMs = nowMs + windowMs;
    for (const [id, windows] of this.#sources) {
      for (let turn = 0; turn < turns; turn += 1) windows.turn();
      if (windows.isEmpty) this.#sources.delete(id);
    }
  }
}

/** Two stretches of one source's items, in two windows each. */
class SourceWindows {
  published = new DurationHistogram(medianBounds);
  pushed = new DurationHistogram(medianBounds);
  #publishedBefore = new DurationHistogram(medianBounds);
  #pushedBefore = new DurationHistogram(medianBounds);

  get isEmpty(): boolean {
    const { publishedToStoredMs, storedToPushedMs } = this.medians();
    return publishedToStoredMs === null && storedToPushedMs === null;
  }

  turn(): void {
    [this.published, this.#publishedBefore] = [this.#publishedBefore, this.published];
    [this.pushed, this.#pushedBefore] = [this.#pushedBefore, this.pushed];
    this.published.clear();
    this.pushed.clear();
  }

  medians(): SourceDelays {
    return {
      publishedToStoredMs: millis(medianDuration([this.published, this.#publishedBefore])),
      storedToPushedMs: millis(medianDuration([this.pushed, this.#pushedBefore])),
    };
  }
}

function arrivalOf({ body }: LogEvent): Arrival {
  const { source, publishedAt } = JSON.parse(body) as { source?: { id?: string }; publishedAt?: string | null };
  return {
    sourceId: source?.id ?? '',
    publishedMs: typeof publishedAt === 'string' ? Date.parse(publishedAt) : null,
  };
}

/** A publisher's clock may be ahead of ours: then an item was published just now. */
function seconds(fromMs: number, toMs: number): number {
  return Math.max(0, toMs - fromMs) / 1000;
}

function millis(value: number | null): number | null {
  return value === null ? null : value * 1000;
}

function dropOldest<Key>(map: Map<Key, unknown>, most: number): void {
  if (map.size <= most) return;
  for (const key of map.keys()) {
    map.delete(key);
    return;
  }
}
