import type { DueSource } from '../../domain/polling/poll.ts';
import { type AddressLimiter, createAddressLimiter } from './address-limiter.ts';
import { createHeap, type Heap } from './heap.ts';
import type { QueueLimits } from './queue-limits.ts';
import { createRateLimiter, type RateLimiter } from './rate-limiter.ts';

/** A source that may start now. */
export interface ReadySource {
  readonly source: DueSource;
  /** Time it waited for our own limits, without the time that its host's limits required. */
  readonly waitedMs: number;
}

/** What a finished refresh reports about its host. */
interface HostReport {
  /** Whether one of our deadlines ended it. */
  readonly timedOut: boolean;
  /** How long the host asked not to be polled; null: it did not. */
  readonly pauseMs: number | null;
}

/**
 * The IP address to which a host resolves; null: unknown, so that no address limit applies. Undefined: not known yet;
 * `HostQueue.setAddress` will provide it.
 */
export type AddressOf = (host: string) => string | null | undefined;

const slowAfterTimeouts = 2;

interface WaitingSource {
  readonly source: DueSource;
  readonly sinceMs: number;
}

interface Host {
  readonly name: string;
  readonly rows: WaitingSource[];
  running: number;
  /** No start before this: the host gap, or a pause that the host asked for. */
  readyMs: number;
  /** Consecutive timeouts, of any of its sources. */
  timeouts: number;
  /** Kept while the host has sources. Undefined: not looked up yet. */
  address: string | null | undefined;
  /**
   * `ready`: in the round-robin; `resting`: in the heap until `readyMs`; `parked`: waits for the slow lane; `limited`:
   * waits for its address; `locating`: waits for the lookup of its address; `idle`: in none of the collections.
   */
  state: 'ready' | 'resting' | 'parked' | 'limited' | 'locating' | 'idle';
}

interface Running {
  readonly host: Host;
  readonly slowLane: boolean;
  readonly address: string | null;
  readonly startedMs: number;
  /** The host's `readyMs` before and after the start, so that `release` can undo it. */
  readonly readyBeforeMs: number;
  readonly readyAfterMs: number;
}

/**
 * A fair queue of due sources: hosts take ready, however many sources each has. All times are monotonic, so that a
 * change of the wall clock neither delays nor advances a poll.
 */
export class HostQueue {
  #limits: QueueLimits;
  #rate: RateLimiter;
  readonly #hosts = new Map<string, Host>();
  /** Hosts that may start a source now, in round-robin order. */
  readonly #ready = new Set<Host>();
  /** Hosts that were blocked at their turn and may continue now; they precede `#ready`. */
  readonly #resumed = new Set<Host>();
  readonly #resting: Heap<Host> = createHeap();
  readonly #parked = new Set<Host>();
  readonly #waiting = new Set<string>();
  readonly #running = new Map<string, Running>();
  readonly #addressOf: AddressOf;
  readonly #addresses: AddressLimiter<Host>;
  #locating = 0;
  #slowRunning = 0;

  constructor(limits: QueueLimits, addressOf: AddressOf = () => null) {
    this.#limits = limits;
    this.#addressOf = addressOf;
    this.#addresses = createAddressLimiter(() =>
      Math.max(this.#limits.addressConcurrency, this.#limits.hostConcurrency),
    );
    this.#rate = createRateLimiter(limits.globalPerSecond);
  }

  /** Changes the limits. Running refreshes that exceed them continue. */
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

  /** Hosts with any state. */
  get hosts(): number {
    return this.#hosts.size;
  }

  /** Hosts that only our own limits delay. */
  get readyHosts(): number {
    return this.#ready.size + this.#resumed.size + this.#locating;
  }

  /** Adds the sources that are not queued or running yet, in order. Returns how many were added. */
  add(rows: readonly DueSource[], atMs: number): number {
    let added = 0;
    for (const source of rows) {
      if (this.#waiting.has(source.id) || this.#running.has(source.id)) continue;
      const host = this.#host(source.host);
      if (host.rows.length >= this.#limits.maxQueuedPerHost) continue;
      const row = { source, sinceMs: atMs };
      host.rows.push(row);
      this.#waiting.add(source.id);
      if (host.state === 'parked' && !isSlow(host, row)) this.#leave(host);
      this.#enqueue(host, atMs);
      added += 1;
    }
    return added;
  }

  /** Removes the sources that may start now, at max `max`. The caller must call `complete` or `release` for each. */
  take(atMs: number, max = Number.POSITIVE_INFINITY): ReadySource[] {
    this.#wakeRested(atMs);
    this.#unpark(atMs);
    const ready: ReadySource[] = [];
    while (
      ready.length < max &&
      this.#running.size < this.#limits.concurrency &&
      this.#rate.nextReadyMs(atMs) <= atMs
    ) {
      const host = first(this.#resumed) ?? (this.#canLocate() ? first(this.#ready) : undefined);
      if (host === undefined) break;
      this.#leave(host);
      const source = this.#start(host, atMs);
      if (source !== null) ready.push(source);
    }
    return ready;
  }

  complete(id: string, report: HostReport, atMs: number): void {
    const host = this.#running.get(id)?.host;
    if (host === undefined) return;
    host.timeouts = report.timedOut ? host.timeouts + 1 : 0;
    host.readyMs = Math.max(host.readyMs, atMs + (report.pauseMs ?? 0));
    this.#end(id, atMs);
  }

  /** Starts nothing at a host before `untilMs`. */
  pauseHost(name: string, untilMs: number, atMs: number): void {
    const host = this.#host(name);
    host.readyMs = Math.max(host.readyMs, untilMs);
    this.#enqueue(host, atMs);
  }

  /** Returns a taken source that was not started because its claim failed. Counts towards neither host gap nor global rate. */
  release(id: string, atMs: number): void {
    const run = this.#running.get(id);
    if (run === undefined) return;
    this.#rate.undo(run.startedMs);
    // Not if another source has started since, or the host has asked for a pause.
    if (run.host.readyMs === run.readyAfterMs) run.host.readyMs = run.readyBeforeMs;
    // Its heap entry has the time of the undone gap. Setting the state makes #wakeRested skip that entry.
    if (run.host.state === 'resting') run.host.state = 'idle';
    this.#end(id, atMs);
  }

  /** Removes waiting sources that are no longer declared. Running ones still end with `complete`. */
  retain(isDeclared: (id: string) => boolean, atMs: number): void {
    for (const host of this.#hosts.values()) {
      const kept = host.rows.filter(({ source }) => isDeclared(source.id));
      if (kept.length === host.rows.length) continue;
      for (const { source } of host.rows) if (!isDeclared(source.id)) this.#waiting.delete(source.id);
      host.rows.splice(0, host.rows.length, ...kept);
      // A resting or address-limited host is re-examined when that ends.
      const isQueued = host.state === 'ready' || host.state === 'parked';
      if (kept.length > 0 || !isQueued) continue;
      this.#leave(host);
      this.#enqueue(host, atMs);
    }
  }

  #end(id: string, atMs: number): void {
    const run = this.#running.get(id);
    if (run === undefined) return;
    this.#running.delete(id);
    run.host.running -= 1;
    if (run.slowLane) this.#slowRunning -= 1;
    this.#addresses.release(run.address);
    // Waiting hosts come first; otherwise a host without a gap would take every free slot.
    this.#resumeWaiting(run.address, atMs);
    this.#enqueue(run.host, atMs);
  }

  /** Provides the address of a host for which `AddressOf` returned undefined. */
  setAddress(name: string, address: string | null, atMs: number): void {
    const host = this.#hosts.get(name);
    if (host?.state !== 'locating') return;
    this.#locating -= 1;
    host.address = address;
    this.#resume(host, atMs);
  }

  /** When `take` may next return something without a further `complete` or `add`; null: not by time alone. */
  nextReadyMs(atMs: number): number | null {
    if (this.#running.size >= this.#limits.concurrency) return null;
    const rateMs = this.#rate.nextReadyMs(atMs);
    if (this.#resumed.size > 0 || (this.#ready.size > 0 && this.#canLocate())) return Math.max(rateMs, atMs);
    const restedMs = this.#waiting.size > 0 ? this.#resting.firstKey() : null;
    return restedMs === null ? null : Math.max(rateMs, restedMs, atMs);
  }

  #host(name: string): Host {
    const known = this.#hosts.get(name);
    if (known !== undefined) return known;
    const host: Host = { name, rows: [], running: 0, readyMs: 0, timeouts: 0, address: undefined, state: 'idle' };
    this.#hosts.set(name, host);
    return host;
  }

  /** Starts the host's next source; null if it must wait for the slow lane, its address or its gap. */
  #start(host: Host, atMs: number): ReadySource | null {
    if (host.readyMs > atMs) {
      this.#enqueue(host, atMs);
      this.#resumeWaiting(host.address ?? null, atMs);
      return null;
    }
    const address = this.#availableAddress(host);
    if (address === undefined) return null;
    const index = this.#choose(host);
    const row = index === -1 ? undefined : host.rows.splice(index, 1)[0];
    if (row === undefined) {
      host.state = 'parked';
      this.#parked.add(host);
      this.#resumeWaiting(address, atMs);
      return null;
    }
    return this.#run(host, { row, address, atMs });
  }

  #run(host: Host, { row, address, atMs }: { row: WaitingSource; address: string | null; atMs: number }): ReadySource {
    const slowLane = isSlow(host, row);
    const freeSinceMs = Math.max(row.sinceMs, host.readyMs);
    this.#waiting.delete(row.source.id);
    this.#addresses.acquire(address);
    this.#slowRunning += slowLane ? 1 : 0;
    this.#rate.record(atMs);
    host.running += 1;
    const [readyBeforeMs, readyAfterMs] = [host.readyMs, atMs + this.#limits.hostGapMs];
    host.readyMs = readyAfterMs;
    this.#running.set(row.source.id, { host, slowLane, address, startedMs: atMs, readyBeforeMs, readyAfterMs });
    this.#enqueue(host, atMs);
    return { source: row.source, waitedMs: atMs - freeSinceMs };
  }

  /** Lookups do not count as running, but at max as many run concurrently. */
  #canLocate(): boolean {
    return this.#locating < this.#limits.concurrency;
  }

  /** The host's address if a request may start there; undefined: the host has to wait. */
  #availableAddress(host: Host): string | null | undefined {
    if (host.address === undefined) host.address = this.#addressOf(host.name);
    const { address } = host;
    if (address === undefined) {
      host.state = 'locating';
      this.#locating += 1;
    } else if (address !== null && this.#addresses.freeSlots(address) === 0) {
      host.state = 'limited';
      this.#addresses.enqueue(address, host);
      return undefined;
    }
    return address;
  }

  /** Resumes as many hosts waiting for an address as it has free slots; a host that cannot start waits again. */
  #resumeWaiting(address: string | null, atMs: number): void {
    if (address === null) return;
    for (let room = this.#addresses.freeSlots(address); room > 0; ) {
      const host = this.#addresses.dequeue(address);
      if (host === undefined) return;
      this.#resume(host, atMs);
      if (this.#resumed.has(host)) room -= 1;
    }
  }

  /** Resumes a host that was blocked by its address. */
  #resume(host: Host, atMs: number): void {
    host.state = 'idle';
    host.readyMs = Math.max(host.readyMs, atMs);
    this.#enqueue(host, atMs, this.#resumed);
  }

  #slowSlots(): number {
    return Math.max(1, Math.floor(this.#limits.concurrency / 2));
  }

  /** The index of the oldest source that its lane admits; -1: none. */
  #choose(host: Host): number {
    if (this.#slowRunning < this.#slowSlots()) return host.rows.length > 0 ? 0 : -1;
    return host.rows.findIndex((row) => !isSlow(host, row));
  }

  /** Puts an idle host into the collection that its sources and times require. */
  #enqueue(host: Host, atMs: number, ready = this.#ready): void {
    if (host.state !== 'idle') return;
    if (host.rows.length === 0 && host.running === 0) host.address = undefined;
    if (host.running >= this.#limits.hostConcurrency) return;
    if (host.readyMs > atMs) {
      host.state = 'resting';
      this.#resting.push(host.readyMs, host);
    } else if (host.rows.length > 0) {
      host.state = 'ready';
      ready.add(host);
    } else if (host.running === 0 && host.timeouts === 0) {
      // No state left. Delete it, so that a hundred thousand hosts do not stay in memory.
      this.#hosts.delete(host.name);
    }
  }

  #leave(host: Host): void {
    this.#ready.delete(host);
    this.#resumed.delete(host);
    this.#parked.delete(host);
    host.state = 'idle';
  }

  #wakeRested(atMs: number): void {
    for (;;) {
      const restedMs = this.#resting.firstKey();
      if (restedMs === null || restedMs > atMs) return;
      const host = this.#resting.pop();
      if (host === undefined) return;
      if (host.state !== 'resting') continue;
      host.state = 'idle';
      this.#enqueue(host, atMs);
    }
  }

  /** Resumes as many parked hosts as the slow lane has room for; a host that cannot start is parked again. */
  #unpark(atMs: number): void {
    for (let room = this.#slowSlots() - this.#slowRunning; room > 0; room -= 1) {
      const host = first(this.#parked);
      if (host === undefined) return;
      this.#leave(host);
      this.#enqueue(host, atMs);
    }
  }
}

function isSlow(host: Host, row: WaitingSource): boolean {
  return host.timeouts >= slowAfterTimeouts || row.source.consecutiveTimeouts >= slowAfterTimeouts;
}

function first<Value>(values: ReadonlySet<Value>): Value | undefined {
  for (const value of values) return value;
  return undefined;
}
