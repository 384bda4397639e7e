import type { Failure } from '../domain/failure.ts';
import {
  type DueSource,
  type HostPause,
  isLocal,
  type Lease,
  type RefreshResult,
  refreshId,
} from '../domain/polling/poll.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Coalescer, createCoalescer } from '../runtime/coalescer.ts';
import type { Log } from '../runtime/log.ts';
import { systemTimers, type Timers } from '../runtime/timers.ts';
import type { LatenessMonitor } from './lateness-monitor.ts';
import type { NetworkBreaker } from './network-breaker.ts';
import { HostQueue, type ReadySource } from './queue/host-queue.ts';
import { defaultQueueLimits, type QueueLimits } from './queue/queue-limits.ts';
import { isTimeout } from './rules/poll-backoff.ts';
import { remainingPause } from './rules/poll-history.ts';

export interface LoopPorts {
  /** Sources that are due and not leased, most overdue first, at most `limit`. */
  readDue(nowMs: number, limit: number): Promise<readonly DueSource[]>;
  /** Leases the sources that are still due and free; omits the others. Leases must be committed before it resolves. */
  claim(ids: readonly string[], nowMs: number): Promise<readonly Lease[]>;
  /** Refreshes one source. Rejects only on an internal error. */
  refresh(lease: Lease, signal: AbortSignal): Promise<RefreshResult>;
  /**
   * The IP address to which a host resolves, for the limit per address; null: unknown. If absent, addresses are not
   * limited. Must not reject.
   */
  addressOf?(host: string): string | null | Promise<string | null>;
  /** The earliest next check of all sources; null: none. */
  nextDueMs?(): Promise<number | null>;
  /** Called when the wall clock was set back while the loop ran. Stored times must be moved. */
  clockSetBack?(nowMs: number): Promise<void>;
}

export interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<QueueLimits>;
  readonly networkBreaker?: NetworkBreaker;
  readonly lateness?: LatenessMonitor;
  readonly timers?: Timers;
  /** Host pauses that an earlier process stored. */
  readonly pauses?: readonly HostPause[];
  /** How long `stop` waits for running refreshes before it aborts them. */
  readonly graceMs?: number;
  /** How long it waits after the abort. */
  readonly abortGraceMs?: number;
  /** Called for every finished refresh, for metrics and the log. */
  readonly onResult?: (result: RefreshResult, lease: Lease) => void;
}

/** Polls due sources until stopped. */
export interface PollingLoop {
  start(): void;
  /** Reads due sources at once, since some may have become due. */
  wake(): void;
  /** Changes the politeness limits. */
  setLimits(limits: Partial<QueueLimits>): void;
  /** Removes waiting sources that are no longer declared. */
  retain(isDeclared: (id: string) => boolean): void;
  /** Starts no more refreshes, waits for running ones, and aborts those that do not end in time. */
  stop(): Promise<void>;
}

const tickMs = 1000;
/** A smaller difference between two ticks is clock slewing or rounding. */
const clockToleranceMs = 500;
/** Rows per read, and the maximum to which it grows if a few hosts fill the window. */
const windowRows = 2000;
const maxWindowRows = 64_000;
/** Local files are read concurrently and without a gap: no publisher is involved. */
const localLimits: QueueLimits = {
  hostGapMs: 0,
  hostConcurrency: 4,
  addressConcurrency: 4,
  globalPerSecond: 1000,
  concurrency: 4,
  maxQueuedPerHost: 200,
};
const defaultGraceMs = 10_000;
const defaultAbortGraceMs = 5_000;

/** Creates a stopped loop; `start` starts it. */
export function createPollingLoop(ports: LoopPorts, options: LoopOptions): PollingLoop {
  return new PollLoop(ports, options);
}

class PollLoop implements PollingLoop {
  readonly #ports: LoopPorts;
  readonly #options: LoopOptions;
  readonly #timers: Timers;
  #limits: QueueLimits;
  readonly #queue: HostQueue;
  /** Separate, since neither politeness limits nor a network outage concerns local files. */
  readonly #local: HostQueue = new HostQueue(localLimits);
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #state: 'new' | 'started' | 'stopping' = 'new';
  readonly #ticks: Coalescer;
  #rows = windowRows;
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** Wall clock minus monotonic clock: decreases only when the wall clock is set back. */
  #clockOffsetMs: number;
  #cancelSleep: () => void = () => {};

  constructor(ports: LoopPorts, options: LoopOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#limits = { ...defaultQueueLimits, ...options.limits };
    this.#queue = new HostQueue(this.#limits, (host) => this.#addressOf(host));
    this.#ticks = createCoalescer(() => this.#tick(), { name: 'a tick of the polling loop', log: options.log });
    this.#clockOffsetMs = options.clock.now() - options.clock.monotonic();
    this.#restore(options.pauses ?? []);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#requestTick();
  }

  wake(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
    this.#requestTick();
  }

  setLimits(limits: Partial<QueueLimits>): void {
    this.#limits = { ...this.#limits, ...limits };
    this.#queue.setLimits(this.#limits);
  }

  retain(isDeclared: (id: string) => boolean): void {
    for (const queue of [this.#queue, this.#local]) queue.retain(isDeclared, this.#options.clock.monotonic());
  }

  async stop(): Promise<void> {
    this.#state = 'stopping';
    await this.#ticks.stop();
    this.#cancelSleep();
    await this.#waitForRunning(this.#options.graceMs ?? defaultGraceMs);
    if (this.#running.size === 0) return;
    this.#abort.abort();
    await this.#waitForRunning(this.#options.abortGraceMs ?? defaultAbortGraceMs);
  }

  #addressOf(host: string): string | null | undefined {
    const found = this.#ports.addressOf?.(host) ?? null;
    if (found === null || typeof found === 'string') return found;
    const setAddress = (address: string | null): void => {
      this.#queue.setAddress(host, address, this.#options.clock.monotonic());
      this.#requestTick();
    };
    found.then(setAddress, (error: unknown) => {
      this.#options.log.error({ err: error, host }, 'the lookup of a host failed with an internal error');
      setAddress(null);
    });
    return undefined;
  }

  #restore(pauses: readonly HostPause[]): void {
    const { clock } = this.#options;
    const [nowMs, atMs] = [clock.now(), clock.monotonic()];
    for (const pause of pauses) {
      const running = remainingPause(pause, nowMs);
      if (running !== null) this.#queue.pauseHost(running.host, atMs + running.untilMs - nowMs, atMs);
    }
  }

  /** Resolves when no refresh runs any more, or after `withinMs`. */
  #waitForRunning(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timers.after(withinMs, resolve);
      Promise.allSettled(this.#running).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** A request during a tick causes another one right after it. */
  #requestTick(): void {
    if (this.#state === 'started') this.#ticks.wake();
  }

  async #tick(): Promise<void> {
    this.#cancelSleep();
    const sleepMs = await this.#pollDue();
    this.#cancelSleep = this.#timers.after(sleepMs, () => this.#requestTick());
  }

  /** Reads due sources and starts those that may start. Returns how long to sleep. */
  async #pollDue(): Promise<number> {
    try {
      await this.#followClock();
      const isPaused = this.#pausedMs() > 0;
      await this.#refill(isPaused);
      if (this.#state !== 'started') return tickMs;
      await this.#startReady(this.#local, this.#local.take(this.#options.clock.monotonic()));
      if (isPaused) return clamp(Math.min(this.#pausedMs(), tickMs));
      await this.#startRemote();
      return await this.#sleepMs();
    } catch (error) {
      // A store fault is our own: log it, and retry a tick later.
      this.#options.log.error({ err: error }, 'the polling loop failed to read or claim due sources');
      return tickMs;
    }
  }

  async #followClock(): Promise<void> {
    const { clock } = this.#options;
    const offsetMs = clock.now() - clock.monotonic();
    if (offsetMs < this.#clockOffsetMs - clockToleranceMs) {
      await this.#ports.clockSetBack?.(clock.now());
      this.#readAtMs = Number.NEGATIVE_INFINITY;
    }
    this.#clockOffsetMs = offsetMs;
  }

  #pausedMs(): number {
    const atMs = this.#options.clock.monotonic();
    return (this.#options.networkBreaker?.pausedUntilMs(atMs) ?? atMs) - atMs;
  }

  /** Reads due sources at most once a tick, and less often the larger the window is. */
  async #refill(isPaused: boolean): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() < this.#nextReadMs()) return;
    // Set before the read: a wake-up during the read may concern a source that the read did not see.
    this.#readAtMs = clock.monotonic();
    const rows = await this.#ports.readDue(clock.now(), this.#rows);
    this.#local.add(rows.filter(isLocal), clock.monotonic());
    // During a pause, sources wait in the database. In the queue they would count as late.
    if (isPaused) return;
    const remote = rows.filter((row) => !isLocal(row));
    const added = this.#queue.add(remote, clock.monotonic());
    const crowded = added < rows.length / 2 && this.#queue.readyHosts < this.#limits.concurrency;
    if (rows.length >= this.#rows && crowded) {
      // A few hosts fill the window with more sources than they may run. Enlarge it, or all other hosts starve.
      this.#rows = Math.min(this.#rows * 2, maxWindowRows);
    } else if (rows.length < this.#rows / 2) {
      this.#rows = Math.max(this.#rows / 2, windowRows);
    }
  }

  #nextReadMs(): number {
    return this.#readAtMs + tickMs * (this.#rows / windowRows);
  }

  async #startRemote(): Promise<void> {
    const { clock, lateness } = this.#options;
    const room = this.#room();
    if (this.#state !== 'started' || room === 0) return;
    const ready = this.#queue.take(clock.monotonic(), room);
    for (const taken of ready) lateness?.record(taken.waitedMs, clock.monotonic());
    await this.#startReady(this.#queue, ready);
  }

  async #startReady(queue: HostQueue, ready: readonly ReadySource[]): Promise<void> {
    if (ready.length === 0) return;
    const leases = await this.#claim(queue, ready);
    for (const { source } of ready) {
      const lease = leases.get(source.id);
      // Edited, removed or leased by another process since it was read.
      if (lease === undefined) queue.release(source.id, this.#options.clock.monotonic());
      else this.#run(queue, lease);
    }
  }

  /** How many refreshes may start: few while the network breaker tests whether the network is back. */
  #room(): number {
    const max = this.#options.networkBreaker?.maxTrialFetches() ?? Number.POSITIVE_INFINITY;
    return Math.max(max - this.#queue.running, 0);
  }

  async #claim(queue: HostQueue, ready: readonly ReadySource[]): Promise<Map<string, Lease>> {
    const { clock } = this.#options;
    const ids = ready.map((taken) => taken.source.id);
    try {
      const leases = await this.#ports.claim(ids, clock.now());
      return new Map(leases.map((lease) => [lease.sourceId, lease]));
    } catch (error) {
      for (const id of ids) queue.release(id, clock.monotonic());
      throw error;
    }
  }

  #run(queue: HostQueue, lease: Lease): void {
    const run = this.#refresh(queue, lease).finally(() => {
      this.#running.delete(run);
      this.#requestTick();
    });
    this.#running.add(run);
  }

  async #refresh(queue: HostQueue, lease: Lease): Promise<void> {
    const { clock, log, onResult } = this.#options;
    let report = { timedOut: false, pauseMs: null as number | null };
    try {
      const result = await this.#ports.refresh(lease, this.#abort.signal);
      report = { timedOut: hasTimedOut(result.failure), pauseMs: result.hostPauseMs ?? null };
      onResult?.(result, lease);
    } catch (error) {
      const facts = { source: lease.sourceId, refresh: refreshId(lease) };
      if (this.#abort.signal.aborted) log.info(facts, 'refresh aborted at shutdown');
      else log.error({ err: error, ...facts }, 'refresh failed with an internal error');
    } finally {
      queue.complete(lease.sourceId, report, clock.monotonic());
    }
  }

  async #sleepMs(): Promise<number> {
    const atMs = this.#options.clock.monotonic();
    const readyMs = this.#room() === 0 ? null : this.#queue.nextReadyMs(atMs);
    const readInMs = this.#nextReadMs() - atMs;
    if (readyMs !== null) return clamp(readyMs - atMs);
    if (this.#queue.running + this.#queue.waiting > 0 || this.#ports.nextDueMs === undefined) return clamp(readInMs);
    const dueMs = await this.#ports.nextDueMs();
    // At most a tick: another process may make a source due at any time.
    return dueMs === null ? tickMs : clamp(Math.max(dueMs - this.#options.clock.now(), readInMs));
  }
}

/** Never zero: a due source that cannot be leased would make the loop spin. */
function clamp(sleepMs: number): number {
  return Math.min(Math.max(Math.ceil(sleepMs), 1), tickMs);
}

function hasTimedOut(failure: Failure | null): boolean {
  return failure !== null && isTimeout(failure);
}
