import type { EventOp, Facets, LogBounds, LogEvent } from '../../../src/domain/events/event.ts';
import type { LogReader } from '../../../src/push/log/log-reader.ts';

/** What a test says of an event; the rest is filled in. */
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

/** Facets of an item that no filter but `everything` matches, unless the test says more. */
export function facets(facts: Partial<Facets> = {}): Facets {
  return { sections: [], sources: [], categories: [], language: null, text: '', ...facts };
}

/** An event of the log. Its item is the seq's own unless the test says otherwise. */
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

/** A log in memory that keeps the promises of `LogReader`, and counts how often it is read. */
export class MemoryLog implements LogReader {
  epoch = 'e1';
  reads = 0;
  /** Runs between the moment a read is asked for and the moment the log is looked at. */
  beforeRead: () => Promise<void> | void = () => {};
  /** Runs between the moment the log is looked at and the moment the answer is there. */
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

  /** Numbers that were given out and never came: what must not happen. */
  leaveHole(seqs = 1): void {
    this.#head += seqs;
  }

  /** Retention: takes away what is below. */
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
