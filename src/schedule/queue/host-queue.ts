import type { DueSource } from '../../domain/polling/poll.ts';
import { type AddressLimiter, createAddressLimiter } from './address-limiter.ts';
import { createHeap, type Heap } from './heap.ts';
import type { QueueLimits } from './queue-limits.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** A source whose turn has come. */
export interface ReadySource {
  readonly source: DueSource;
  /** How long it waited for us, not for its host. */
  readonly waitedMs: number;
}

/** What a finished refresh says about its host. */
export interface HostReport {
  /** One of our deadlines ended it. */
  readonly slow: boolean;
  /** The host asked to be spared for so long. */
  readonly pauseMs: number | null;
}

/**
 * Due sources, chosen fairly: hosts take turns, however many sources each has. Times are of a clock that only grows,
 * so that a wall clock turned back or forth neither stops nor hurries anything.
 */
export interface HostQueue {
  /** Rows not known yet are added, in order. Returns how many were. */
  add(rows: readonly DueSource[], atMs: number): number;
  /** Those that may start now, at most `most`. Each must be ended by `done` or `release`. */
  take(atMs: number, most?: number): ReadySource[];
  complete(id: string, report: HostReport, atMs: number): void;
  /** What was asked for a host by way of `AddressOf` and could not be told at once. */
  setAddress(host: string, address: string | null, atMs: number): void;
  /** No start at a host before a time, as if one of its sources had just been told so. */
  pauseHost(host: string, untilMs: number, atMs: number): void;
  /** The turn was not used, since the claim failed: it counts neither for the host's gap nor for the global rate. */
  release(id: string, atMs: number): void;
  /** Takes out the waiting sources that are declared no more. What runs is ended by `done`, as ever. */
  retain(isDeclared: (id: string) => boolean, atMs: number): void;
  /** Other limits from now on. What runs beyond them runs on. */
  setLimits(limits: QueueLimits): void;
  /** When `take` may next give something without another `done` or `offer`; null: not by time alone. */
  nextReadyMs(atMs: number): number | null;
  readonly waiting: number;
  readonly running: number;
  /** Hosts that only our own limits hold back. */
  readonly readyHosts: number;
  /** Hosts that are remembered at all. */
  readonly hosts: number;
}

/**
 * The IP address that a host is asked at; null: none is known, so that none can be spared. Undefined: not yet, and
 * `HostQueue.locate` will tell.
 */
export type AddressOf = (host: string) => string | null | undefined;

const slowAfterStrikes = 2;

interface Waiting {
  readonly source: DueSource;
  readonly sinceMs: number;
}

interface Host {
  readonly name: string;
  readonly rows: Waiting[];
  running: number;
  /** No start before this: the gap, or a pause that the host asked for. */
  readyMs: number;
  /** Deadline failures in a row, whichever of its sources had them. */
  strikes: number;
  /** Kept while it has anything to do. Undefined: not asked for yet. */
  address: string | null | undefined;
  /**
   * Whether it stands in the ring, rests in the heap, or is held up: parked until the slow lane has room, gated until
   * its address has, or until it is known which that is.
   */
  place: 'ring' | 'resting' | 'parked' | 'gated' | 'locating' | 'nowhere';
}

interface Running {
  readonly host: Host;
  readonly slowLane: boolean;
  readonly address: string | null;
  readonly startedMs: number;
  /** The host's `readyMs` before and after the start. */
  readonly readyBeforeMs: number;
  readonly readyAfterMs: number;
}

/** An empty queue. */
export function createHostQueue(limits: QueueLimits, addressOf: AddressOf = () => null): HostQueue {
  return new FairQueue(limits, addressOf);
}

class FairQueue implements HostQueue {
  #limits: QueueLimits;
  #rate: RateLimiter;
  readonly #hosts = new Map<string, Host>();
  /** Hosts that may start something now, in the order of their turns. */
  readonly #ring = new Set<Host>();
  /** Hosts whose turn had come when they were held up: it comes before that of the ring. */
  readonly #next = new Set<Host>();
  readonly #resting: Heap<Host> = createHeap();
  readonly #parked = new Set<Host>();
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Running>();
  readonly #addressOf: AddressOf;
  readonly #gate: AddressLimiter<Host>;
  #locating = 0;
  #slowRunning = 0;

  constructor(limits: QueueLimits, addressOf: AddressOf) {
    this.#limits = limits;
    this.#addressOf = addressOf;
    this.#gate = createAddressLimiter(() => Math.max(this.#limits.addressConcurrency, this.#limits.hostConcurrency));
    this.#rate = createRateLimiter(limits.globalPerSecond);
  }

  setLimits(limits: QueueLimits): void {
    if (limits.globalPerSecond !== this.#limits.globalPerSecond) this.#rate = createRateLimiter(limits.globalPerSecond);
    this.#limits = limits;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get running(): number {
    return this.#running.size;
  }

  get hosts(): number {
    return this.#hosts.size;
  }

  get readyHosts(): number {
    return this.#ring.size + this.#next.size + this.#locating;
  }

  add(rows: readonly DueSource[], atMs: number): number {
    let added = 0;
    for (const source of rows) {
      if (this.#waiting.has(source.id) || this.#running.has(source.id)) continue;
      const host = this.#host(source.host);
      if (host.rows.length >= this.#limits.rowsPerHost) continue;
      const row = { source, sinceMs: atMs };
      host.rows.push(row);
      this.#waiting.add(source.id);
      if (host.place === 'parked' && !isSlow(host, row)) this.#leave(host);
      this.#place(host, atMs);
      added += 1;
    }
    return added;
  }

  take(atMs: number, most = Number.POSITIVE_INFINITY): ReadySource[] {
    this.#wakeRested(atMs);
    this.#unpark(atMs);
    const turns: ReadySource[] = [];
    while (turns.length < most && this.#running.size < this.#limits.slots && this.#rate.nextReadyMs(atMs) <= atMs) {
      const host = first(this.#next) ?? (this.#canLocate() ? first(this.#ring) : undefined);
      if (host === undefined) break;
      this.#leave(host);
      const turn = this.#start(host, atMs);
      if (turn !== null) turns.push(turn);
    }
    return turns;
  }

  complete(id: string, report: HostReport, atMs: number): void {
    const host = this.#running.get(id)?.host;
    if (host === undefined) return;
    host.strikes = report.slow ? host.strikes + 1 : 0;
    host.readyMs = Math.max(host.readyMs, atMs + (report.pauseMs ?? 0));
    this.#end(id, atMs);
  }

  pauseHost(name: string, untilMs: number, atMs: number): void {
    const host = this.#host(name);
    host.readyMs = Math.max(host.readyMs, untilMs);
    this.#place(host, atMs);
  }

  release(id: string, atMs: number): void {
    const run = this.#running.get(id);
    if (run === undefined) return;
    this.#rate.undo(run.startedMs);
    // Unless another source was started since, or the host has asked for a pause.
    if (run.host.readyMs === run.readyAfterMs) run.host.readyMs = run.readyBeforeMs;
    // Its place in the heap is that of the gap; what is left of it there is passed over.
    if (run.host.place === 'resting') run.host.place = 'nowhere';
    this.#end(id, atMs);
  }

  retain(isDeclared: (id: string) => boolean, atMs: number): void {
    for (const host of this.#hosts.values()) {
      const kept = host.rows.filter(({ source }) => isDeclared(source.id));
      if (kept.length === host.rows.length) continue;
      for (const { source } of host.rows) if (!isDeclared(source.id)) this.#waiting.delete(source.id);
      host.rows.splice(0, host.rows.length, ...kept);
      // One that rests, or is held up by its address, is looked at when that is over.
      const isQueued = host.place === 'ring' || host.place === 'parked';
      if (kept.length > 0 || !isQueued) continue;
      this.#leave(host);
      this.#place(host, atMs);
    }
  }

  #end(id: string, atMs: number): void {
    const run = this.#running.get(id);
    if (run === undefined) return;
    this.#running.delete(id);
    run.host.running -= 1;
    if (run.slowLane) this.#slowRunning -= 1;
    this.#gate.release(run.address);
    // First who waits, or a host without a gap would have every turn.
    this.#openGate(run.address, atMs);
    this.#place(run.host, atMs);
  }

  setAddress(name: string, address: string | null, atMs: number): void {
    const host = this.#hosts.get(name);
    if (host?.place !== 'locating') return;
    this.#locating -= 1;
    host.address = address;
    this.#resume(host, atMs);
  }

  nextReadyMs(atMs: number): number | null {
    if (this.#running.size >= this.#limits.slots) return null;
    const rateMs = this.#rate.nextReadyMs(atMs);
    if (this.#next.size > 0 || (this.#ring.size > 0 && this.#canLocate())) return Math.max(rateMs, atMs);
    const restedMs = this.#waiting.size > 0 ? this.#resting.firstKey() : null;
    return restedMs === null ? null : Math.max(rateMs, restedMs, atMs);
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host: Host = { name, rows: [], running: 0, readyMs: 0, strikes: 0, address: undefined, place: 'nowhere' };
    this.#hosts.set(name, host);
    return host;
  }

  /** Starts the host's next source; null when what it has must wait for the slow lane, its address or for time. */
  #start(host: Host, atMs: number): ReadySource | null {
    if (host.readyMs > atMs) {
      this.#place(host, atMs);
      this.#openGate(host.address ?? null, atMs);
      return null;
    }
    const address = this.#enterable(host);
    if (address === undefined) return null;
    const index = this.#choose(host);
    const row = index === -1 ? undefined : host.rows.splice(index, 1)[0];
    if (row === undefined) {
      host.place = 'parked';
      this.#parked.add(host);
      this.#openGate(address, atMs);
      return null;
    }
    return this.#run(host, { row, address, atMs });
  }

  #run(host: Host, { row, address, atMs }: { row: Waiting; address: string | null; atMs: number }): ReadySource {
    const slowLane = isSlow(host, row);
    const freeSinceMs = Math.max(row.sinceMs, host.readyMs);
    this.#waiting.delete(row.source.id);
    this.#gate.acquire(address);
    this.#slowRunning += slowLane ? 1 : 0;
    this.#rate.record(atMs);
    host.running += 1;
    const [readyBeforeMs, readyAfterMs] = [host.readyMs, atMs + this.#limits.hostGapMs];
    host.readyMs = readyAfterMs;
    this.#running.set(row.source.id, { host, slowLane, address, startedMs: atMs, readyBeforeMs, readyAfterMs });
    this.#place(host, atMs);
    return { source: row.source, waitedMs: atMs - freeSinceMs };
  }

  /** Look-ups take no slot, but there are no more of them at a time. */
  #canLocate(): boolean {
    return this.#locating < this.#limits.slots;
  }

  /** The host's address, when there is room at it; undefined: the host is held up. */
  #enterable(host: Host): string | null | undefined {
    if (host.address === undefined) host.address = this.#addressOf(host.name);
    const { address } = host;
    if (address === undefined) {
      host.place = 'locating';
      this.#locating += 1;
    } else if (address !== null && this.#gate.freeSlots(address) === 0) {
      host.place = 'gated';
      this.#gate.enqueue(address, host);
      return undefined;
    }
    return address;
  }

  /** Lets as many hosts on that wait for an address as it has room for; one that finds none after all waits again. */
  #openGate(address: string | null, atMs: number): void {
    if (address === null) return;
    for (let room = this.#gate.freeSlots(address); room > 0; ) {
      const host = this.#gate.dequeue(address);
      if (host === undefined) return;
      this.#resume(host, atMs);
      if (this.#next.has(host)) room -= 1;
    }
  }

  /** Lets a host on that was held up by what is not our doing. */
  #resume(host: Host, atMs: number): void {
    host.place = 'nowhere';
    host.readyMs = Math.max(host.readyMs, atMs);
    this.#place(host, atMs, this.#next);
  }

  #slowSlots(): number {
    return Math.max(1, Math.floor(this.#limits.slots / 2));
  }

  /** The oldest row that the lanes let through; -1: none. */
  #choose(host: Host): number {
    if (this.#slowRunning < this.#slowSlots()) return host.rows.length > 0 ? 0 : -1;
    return host.rows.findIndex((row) => !isSlow(host, row));
  }

  /** Puts a host where it belongs by what it has to do and when it may. */
  #place(host: Host, atMs: number, ready = this.#ring): void {
    if (host.place !== 'nowhere') return;
    if (host.rows.length === 0 && host.running === 0) host.address = undefined;
    if (host.running >= this.#limits.hostConcurrency) return;
    if (host.readyMs > atMs) {
      host.place = 'resting';
      this.#resting.push(host.readyMs, host);
    } else if (host.rows.length > 0) {
      host.place = 'ring';
      ready.add(host);
    } else if (host.running === 0 && host.strikes === 0) {
      // Nothing left to remember: a hundred thousand hosts must not stay in memory.
      this.#hosts.delete(host.name);
    }
  }

  #leave(host: Host): void {
    this.#ring.delete(host);
    this.#next.delete(host);
    this.#parked.delete(host);
    host.place = 'nowhere';
  }

  #wakeRested(atMs: number): void {
    for (;;) {
      const restedMs = this.#resting.firstKey();
      if (restedMs === null || restedMs > atMs) return;
      const host = this.#resting.pop();
      if (host === undefined) return;
      if (host.place !== 'resting') continue;
      host.place = 'nowhere';
      this.#place(host, atMs);
    }
  }

  /** As many parked hosts as the slow lane has room for; who finds none after all is parked again. */
  #unpark(atMs: number): void {
    for (let room = this.#slowSlots() - this.#slowRunning; room > 0; room -= 1) {
      const host = first(this.#parked);
      if (host === undefined) return;
      this.#leave(host);
      this.#place(host, atMs);
    }
  }
}

function isSlow(host: Host, row: Waiting): boolean {
  return host.strikes >= slowAfterStrikes || row.source.slowStrikes >= slowAfterStrikes;
}

function first<Value>(values: ReadonlySet<Value>): Value | undefined {
  for (const value of values) return value;
  return undefined;
}
