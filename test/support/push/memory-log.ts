import type { EventOp, Facets, LogBounds, LogEvent } from '../../../src/domain/events/event.ts';
import type { LogReader } from '../../../src/push/log/page-reader.ts';

/** Fields of an event that a test sets; the others have defaults. */
export interface EventFacts {
  readonly op?: EventOp;
  readonly itemId?: number;
  readonly backfill?: boolean;
  readonly changed?: readonly string[];
  readonly facets?: Partial<Facets>;
  readonly was?: Partial<Facets> | null;
  readonly body?: string;
  readonly atMs?: number;
}

/** Facets that only the filter `everything` matches, unless the test sets more. */
export function facets(facts: Partial<Facets> = {}): Facets {
  return { sections: [], sources: [], categories: [], language: null, text: '', ...facts };
}

/** An event. Its item id is its seq unless the test sets one. */
export function logEvent(seq: number, facts: EventFacts = {}): LogEvent {
  const { op = 'add', itemId = seq, was = null } = facts;
  const url = `https://example.org/${itemId}`;
  return {
    seq,
    op,
    itemId,
    backfill: facts.backfill ?? false,
    changed: facts.changed ?? [],
    facets: facets(facts.facets),
    previousFacets: was === null ? null : facets(was),
    body:
      facts.body ??
      JSON.stringify(op === 'remove' ? { id: itemId, url } : { id: itemId, url, title: `Item ${itemId}` }),
    atMs: facts.atMs ?? 0,
  };
}

/** A log in memory that keeps the guarantees of `LogReader`, and counts its reads. */
export class MemoryLog implements LogReader {
  epoch = 'e1';
  reads = 0;
  /** Runs after `read` is called and before the events are read. */
  beforeRead: () => Promise<void> | void = () => {};
  /** Runs after the events are read and before `read` resolves. */
  afterRead: () => Promise<void> | void = () => {};
  #events: LogEvent[] = [];
  #head = 0;
  #floor = 1;

  constructor(events = 0) {
    for (let index = 0; index < events; index += 1) this.append();
  }

  get headSeq(): number {
    return this.#head;
  }

  get floorSeq(): number {
    return this.#floor;
  }

  append(facts: EventFacts = {}): LogEvent {
    this.#head += 1;
    const event = logEvent(this.#head, facts);
    this.#events.push(event);
    return event;
  }

  /** Skips seqs, which a correct store never does. */
  leaveHole(seqs = 1): void {
    this.#head += seqs;
  }

  /** Retention: deletes the events below `floor`. */
  trim(floor: number): void {
    this.#floor = Math.max(this.#floor, floor);
    this.#events = this.#events.filter((event) => event.seq >= this.#floor);
  }

  /** A backup is restored: another epoch, another log. */
  replace(epoch: string, events: number): void {
    this.epoch = epoch;
    this.#events = [];
    this.#head = 0;
    this.#floor = 1;
    for (let index = 0; index < events; index += 1) this.append();
  }

  /** A database file is put back by hand: the same epoch, but shorter. */
  cutTo(head: number): void {
    this.#events = this.#events.filter((event) => event.seq <= head);
    this.#head = head;
  }

  async bounds(): Promise<LogBounds> {
    return { epoch: this.epoch, head: this.#head, floor: this.#floor };
  }

  async read(afterSeq: number, limit: number): Promise<readonly LogEvent[]> {
    this.reads += 1;
    await this.beforeRead();
    const from = this.#events.findIndex((event) => event.seq > afterSeq);
    const found = from === -1 ? [] : this.#events.slice(from, from + limit);
    await this.afterRead();
    return found;
  }
}
