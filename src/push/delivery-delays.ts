import { assertNever } from '../domain/assert-never.ts';
import { hourMs } from '../domain/durations.ts';
import type { LogEvent } from '../domain/events/event.ts';
import type { Clock } from '../runtime/clock.ts';
import { DurationHistogram, exponentialBounds, medianDuration } from '../runtime/duration-histogram.ts';
import type { Step } from './fanout/frames.ts';
import type { LogTail } from './log/log-tail.ts';

/** A stage in the delivery of an item, from its publisher to a client. */
export type DeliveryStage = 'published_to_fetched' | 'fetched_to_stored' | 'stored_to_pushed' | 'published_to_pushed';

/** Delivery delays of a source: medians of about the last day; null: no items. */
export interface SourceDelays {
  /** From the publisher's date to our commit. */
  readonly publishedToStoredMs: number | null;
  /** From the commit to the first live client. */
  readonly storedToPushedMs: number | null;
}

export interface DeliveryDelayOptions {
  readonly clock: Clock;
  /** Called with each delay of an item, in seconds. */
  readonly observe: (stage: DeliveryStage, sourceId: string, seconds: number) => void;
}

/** Sources with medians of their own: 1.3 KB each. Further sources count in the totals only. */
const maxSources = 2000;
/** New events awaiting their first delivery, remembered commits, remembered fetches. */
const maxPending = 4096;
const maxCommits = 1024;
const maxFetches = 10_000;
/** Two windows, of which the older is dropped: medians cover half a day to a day. */
const windowMs = 12 * hourMs;
const medianBounds = exponentialBounds(0.001, 7 * 86_400, 1.4);
const writeBounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** A new item that has not been delivered yet. */
interface NewItem {
  readonly sourceId: string;
  /** Epoch ms; null: the publisher gives no date. */
  readonly publishedMs: number | null;
}

interface PendingEvent {
  /** Monotonic clock. */
  readonly committedMs: number;
  /** Null: not a new item, or already delivered. */
  newItem: NewItem | null;
}

/** Measures delivery delays of new items, from `followTail` on. Backfill and updates are not measured. */
export class DeliveryDelays {
  /** Seconds from the commit of an event to the write to a socket, for every live delivery. */
  readonly commitToWrite = new DurationHistogram(writeBounds);
  readonly #clock: Clock;
  readonly #observe: DeliveryDelayOptions['observe'];
  readonly #fetches = new Map<string, number>();
  readonly #pending = new Map<number, PendingEvent>();
  readonly #sources = new Map<string, SourceWindows>();
  #commits: { readonly head: number; readonly atMs: number }[] = [];
  #windowEndMs: number;

  constructor({ clock, observe }: DeliveryDelayOptions) {
    this.#clock = clock;
    this.#observe = observe;
    this.#windowEndMs = clock.monotonic() + windowMs;
  }

  /** A document of a source has just been fetched. */
  recordFetch(sourceId: string): void {
    this.#fetches.delete(sourceId);
    this.#fetches.set(sourceId, this.#clock.now());
    dropOldest(this.#fetches, maxFetches);
  }

  /** Events up to `head` have just been committed. */
  recordCommit(head: number): void {
    this.#commits.push({ head, atMs: this.#clock.monotonic() });
    if (this.#commits.length > maxCommits) this.#commits = this.#commits.slice(-maxCommits / 2);
  }

  /** Follows a tail that has been started. */
  followTail(tail: LogTail): void {
    let last = tail.bounds.head;
    tail.onDiscontinuity(() => {
      last = tail.bounds.head;
      this.#pending.clear();
      this.#commits = [];
    });
    tail.onAdvance(() => {
      // After a gap (a node that was suspended longer than the retention) the missed events are not measured.
      for (let events = tail.eventsAfter(last); events !== null && events.length > 0; events = tail.eventsAfter(last)) {
        for (const event of events) this.#recordEvent(event);
        last = events.at(-1)?.seq ?? last;
      }
      last = tail.bounds.head;
      this.#commits = this.#commits.filter(({ head }) => head > last);
    });
  }

  /** A step has been written to a live client. */
  recordDelivery({ prev, isNew, seqs }: Step): void {
    const nowMs = this.#clock.monotonic();
    const newest = this.#pending.get(prev);
    if (newest !== undefined) this.commitToWrite.observe((nowMs - newest.committedMs) / 1000);
    // Only the first delivery of an item is its newItem, and the first to take a step works it out.
    if (isNew) for (const seq of seqs) this.#firstDelivery(seq, nowMs);
  }

  /** By source; sources without new items are absent. */
  medians(): ReadonlyMap<string, SourceDelays> {
    this.#rotateWindows();
    return new Map([...this.#sources].map(([id, windows]) => [id, windows.medians()]));
  }

  #recordEvent(event: LogEvent): void {
    const committedMs = this.#committedMs(event);
    const newItem = isNew(event) ? newItemOf(event) : null;
    this.#pending.set(event.seq, { committedMs, newItem });
    dropOldest(this.#pending, maxPending);
    if (newItem !== null) this.#recordStored(newItem, committedMs);
  }

  /** From `recordCommit`; for an event of another process, from the event's own time. */
  #committedMs({ seq, atMs }: LogEvent): number {
    const commit = this.#commits.find(({ head }) => head >= seq);
    return commit?.atMs ?? this.#clock.monotonic() - Math.max(0, this.#clock.now() - atMs);
  }

  #recordStored({ sourceId, publishedMs }: NewItem, committedMs: number): void {
    const storedMs = this.#clock.now() - (this.#clock.monotonic() - committedMs);
    const fetchedMs = this.#fetches.get(sourceId);
    if (fetchedMs !== undefined) {
      this.#observe('fetched_to_stored', sourceId, seconds(fetchedMs, storedMs));
      if (publishedMs !== null) this.#observe('published_to_fetched', sourceId, seconds(publishedMs, fetchedMs));
    }
    if (publishedMs !== null) this.#windows(sourceId)?.published.observe(seconds(publishedMs, storedMs));
  }

  #firstDelivery(seq: number, nowMs: number): void {
    const pending = this.#pending.get(seq);
    if (pending === undefined || pending.newItem === null) return;
    const { sourceId, publishedMs } = pending.newItem;
    pending.newItem = null;
    const pushed = (nowMs - pending.committedMs) / 1000;
    this.#observe('stored_to_pushed', sourceId, Math.max(0, pushed));
    this.#windows(sourceId)?.pushed.observe(pushed);
    if (publishedMs !== null) this.#observe('published_to_pushed', sourceId, seconds(publishedMs, this.#clock.now()));
  }

  #windows(sourceId: string): SourceWindows | null {
    this.#rotateWindows();
    const known = this.#sources.get(sourceId);
    if (known !== undefined) return known;
    if (this.#sources.size >= maxSources) return null;
    const windows = new SourceWindows();
    this.#sources.set(sourceId, windows);
    return windows;
  }

  #rotateWindows(): void {
    const nowMs = this.#clock.monotonic();
    if (nowMs < this.#windowEndMs) return;
    // After more than a window without items even the newer of the two is too old.
    const rotations = nowMs - this.#windowEndMs >= windowMs ? 2 : 1;
    this.#windowEndMs = nowMs + windowMs;
    for (const [id, windows] of this.#sources) {
      for (let index = 0; index < rotations; index += 1) windows.rotate();
      if (windows.isEmpty) this.#sources.delete(id);
    }
  }
}

/** Two stages of one source's items, in two windows each. */
class SourceWindows {
  published = new DurationHistogram(medianBounds);
  pushed = new DurationHistogram(medianBounds);
  #publishedBefore = new DurationHistogram(medianBounds);
  #pushedBefore = new DurationHistogram(medianBounds);

  get isEmpty(): boolean {
    const { publishedToStoredMs, storedToPushedMs } = this.medians();
    return publishedToStoredMs === null && storedToPushedMs === null;
  }

  rotate(): void {
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

function isNew({ op, backfill }: LogEvent): boolean {
  switch (op) {
    case 'add':
      return !backfill;
    case 'update':
    case 'remove':
      return false;
    default:
      return assertNever(op);
  }
}

function newItemOf({ body }: LogEvent): NewItem {
  const { source, publishedAt } = JSON.parse(body) as { source?: { id?: string }; publishedAt?: string | null };
  return {
    sourceId: source?.id ?? '',
    publishedMs: typeof publishedAt === 'string' ? Date.parse(publishedAt) : null,
  };
}

/** Never negative: a publisher's clock may be ahead of ours. */
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
