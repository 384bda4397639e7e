import type { Failure } from '../domain/polling/fetch-outcome.ts';
import { type DueSource, type HostPause, isLocal, type Lease, type RefreshResult } from '../domain/polling/poll.ts';
import type { Clock } from '../runtime/clock.ts';
import { type Coalescer, createCoalescer } from '../runtime/coalescer.ts';
import type { Log } from '../runtime/log.ts';
import type { LatenessMonitor } from './lateness-monitor.ts';
import type { NetworkBreaker } from './network-breaker.ts';
import { createHostQueue, type HostQueue, type ReadySource } from './queue/host-queue.ts';
import { defaultQueueLimits, type QueueLimits } from './queue/queue-limits.ts';
import { isTimeout } from './rules/poll-backoff.ts';
import { remainingPause } from './rules/poll-history.ts';
import { systemTimers, type Timers } from './timers.ts';

/** What the loop needs of the store and of a refresh. */
export interface LoopPorts {
  /** Sources that are due and not leased, longest due first, at most `limit`. */
  readDue(nowMs: number, limit: number): Promise<readonly DueSource[]>;
  /** Leases those that are still due and free; the others are left out. Must be in force before it resolves. */
  claim(ids: readonly string[], nowMs: number): Promise<readonly Lease[]>;
  /** One whole refresh. Rejects only by our own fault. */
  refresh(lease: Lease, signal: AbortSignal): Promise<RefreshResult>;
  /**
   * The IP address that a host is asked at, so that one that many hosts share is spared; null: none. When absent no
   * address is spared. Must not reject.
   */
  addressOf?(host: string): string | null | Promise<string | null>;
  /** The earliest next check of all; null: none. */
  nextDueMs?(): Promise<number | null>;
  /** The wall clock was set back while the loop ran: what was planned by the earlier one is to be moved. */
  clockSetBack?(nowMs: number): Promise<void>;
}

/** How the loop runs. */
export interface LoopOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<QueueLimits>;
  readonly brake?: NetworkBreaker;
  readonly pace?: LatenessMonitor;
  readonly timers?: Timers;
  /** Pauses of hosts that an earlier process was told of. */
  readonly pauses?: readonly HostPause[];
  /** How long `stop` waits for running refreshes before it aborts them. */
  readonly graceMs?: number;
  /** How long it then waits for them to notice. */
  readonly abortGraceMs?: number;
  /** Told of every refresh that ended, for metrics. */
  readonly onResult?: (result: RefreshResult) => void;
}

/** The polling loop. */
export interface PollingLoop {
  start(): void;
  /** Something may have become due: look at once. */
  wake(): void;
  /** The operator's politeness has changed. */
  setLimits(limits: Partial<QueueLimits>): void;
  /** Other sources are declared: those that are no more give up their turns. */
  retain(isDeclared: (id: string) => boolean): void;
  /** Takes no more sources, waits for what runs, aborts what does not end. */
  stop(): Promise<void>;
}

const tickMs = 1000;
/** Less than this between two turns is a clock that is being slowed down, or rounding. */
const clockToleranceMs = 500;
/** Rows read at a time, and the most it may grow to when a few hosts fill the window. */
const windowRows = 2000;
const mostWindowRows = 64_000;
/** Local feeds are read side by side and at once: no publisher has to be spared. */
const localLimits: QueueLimits = {
  hostGapMs: 0,
  hostConcurrency: 4,
  addressConcurrency: 4,
  globalPerSecond: 1000,
  slots: 4,
  rowsPerHost: 200,
};
const usualGraceMs = 10_000;
const usualAbortGraceMs = 5_000;

/** A loop that stands still until `start`. */
export function createPollingLoop(ports: LoopPorts, options: LoopOptions): PollingLoop {
  return new PollLoop(ports, options);
}

class PollLoop implements PollingLoop {
  readonly #ports: LoopPorts;
  readonly #options: LoopOptions;
  readonly #timers: Timers;
  #limits: QueueLimits;
  readonly #queue: HostQueue;
  /** Apart, since neither politeness nor a network that is down concerns it. */
  readonly #local: HostQueue = createHostQueue(localLimits);
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #state: 'new' | 'started' | 'stopping' = 'new';
  readonly #turns: Coalescer;
  #rows = windowRows;
  #readAtMs = Number.NEGATIVE_INFINITY;
  /** The wall clock less the monotonic one: falls only when the wall clock is set back. */
  #clockOffsetMs: number;
  #cancelSleep: () => void = () => {};

  constructor(ports: LoopPorts, options: LoopOptions) {
    this.#ports = ports;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#limits = { ...defaultQueueLimits, ...options.limits };
    this.#queue = createHostQueue(this.#limits, (host) => this.#addressOf(host));
    this.#turns = createCoalescer(() => this.#turn(), { name: 'a turn of the polling loop', log: options.log });
    this.#clockOffsetMs = options.clock.now() - options.clock.monotonic();
    this.#restore(options.pauses ?? []);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    this.#requestTurn();
  }

  wake(): void {
    this.#readAtMs = Number.NEGATIVE_INFINITY;
    this.#requestTurn();
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
    await this.#turns.stop();
    this.#cancelSleep();
    await this.#settled(this.#options.graceMs ?? usualGraceMs);
    if (this.#running.size === 0) return;
    this.#abort.abort();
    await this.#settled(this.#options.abortGraceMs ?? usualAbortGraceMs);
  }

  #addressOf(host: string): string | null | undefined {
    const found = this.#ports.addressOf?.(host) ?? null;
    if (found === null || typeof found === 'string') return found;
    const tell = (address: string | null): void => {
      this.#queue.setAddress(host, address, this.#options.clock.monotonic());
      this.#requestTurn();
    };
    found.then(tell, (error: unknown) => {
      this.#options.log.error({ err: error, host }, 'looking up a host failed by our own fault');
      tell(null);
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

  /** Resolves when nothing runs any more, or after a time. */
  #settled(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#timers.after(withinMs, resolve);
      Promise.allSettled(this.#running).then(() => {
        cancel();
        resolve();
      });
    });
  }

  /** What happens during a turn makes for another right after it. */
  #requestTurn(): void {
    if (this.#state === 'started') this.#turns.wake();
  }

  async #turn(): Promise<void> {
    this.#cancelSleep();
    const sleepMs = await this.#takeTurn();
    this.#cancelSleep = this.#timers.after(sleepMs, () => this.#requestTurn());
  }

  /** Reads what is due, starts what may start. Returns how long there is nothing to do. */
  async #takeTurn(): Promise<number> {
    try {
      await this.#followClock();
      const isPaused = this.#pausedMs() > 0;
      await this.#refill(isPaused);
      if (this.#state !== 'started') return tickMs;
      await this.#startTurns(this.#local, this.#local.take(this.#options.clock.monotonic()));
      if (isPaused) return clamp(Math.min(this.#pausedMs(), tickMs));
      await this.#startRemote();
      return await this.#sleepMs();
    } catch (error) {
      // The store is ours: its trouble is logged, and tried again a tick later.
      this.#options.log.error({ err: error }, 'the polling loop could not take its turn');
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
    return (this.#options.brake?.pausedUntilMs(atMs) ?? atMs) - atMs;
  }

  /** At most once a tick, and less often the more there is to read. */
  async #refill(isPaused: boolean): Promise<void> {
    const { clock } = this.#options;
    if (clock.monotonic() < this.#nextReadMs()) return;
    // Before the read, not after it: who wakes the loop meanwhile may speak of what the read no longer saw.
    this.#readAtMs = clock.monotonic();
    const rows = await this.#ports.readDue(clock.now(), this.#rows);
    this.#local.add(rows.filter(isLocal), clock.monotonic());
    // What a pause holds back waits in the database: here it would be taken for late.
    if (isPaused) return;
    const remote = rows.filter((row) => !isLocal(row));
    const added = this.#queue.add(remote, clock.monotonic());
    const crowded = added < rows.length / 2 && this.#queue.readyHosts < this.#limits.slots;
    if (rows.length >= this.#rows && crowded) {
      // A few hosts with more rows than they may have asked fill the window: look further, or all others starve.
      this.#rows = Math.min(this.#rows * 2, mostWindowRows);
    } else if (rows.length < this.#rows / 2) {
      this.#rows = Math.max(this.#rows / 2, windowRows);
    }
  }

  #nextReadMs(): number {
    return this.#readAtMs + tickMs * (this.#rows / windowRows);
  }

  async #startRemote(): Promise<void> {
    const { clock, pace } = this.#options;
    const room = this.#room();
    if (this.#state !== 'started' || room === 0) return;
    const turns = this.#queue.take(clock.monotonic(), room);
    for (const turn of turns) pace?.record(turn.waitedMs, clock.monotonic());
    await this.#startTurns(this.#queue, turns);
  }

  async #startTurns(queue: HostQueue, turns: readonly ReadySource[]): Promise<void> {
    if (turns.length === 0) return;
    const leases = await this.#claim(queue, turns);
    for (const { source } of turns) {
      const lease = leases.get(source.id);
      // Edited, removed or taken by another process since it was read.
      if (lease === undefined) queue.release(source.id, this.#options.clock.monotonic());
      else this.#run(queue, lease);
    }
  }

  /** While it is tried whether the network is back, only a few fetches run. */
  #room(): number {
    const most = this.#options.brake?.maxTrialFetches() ?? Number.POSITIVE_INFINITY;
    return Math.max(most - this.#queue.running, 0);
  }

  async #claim(queue: HostQueue, turns: readonly ReadySource[]): Promise<Map<string, Lease>> {
    const { clock } = this.#options;
    const ids = turns.map((turn) => turn.source.id);
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
      this.#requestTurn();
    });
    this.#running.add(run);
  }

  async #refresh(queue: HostQueue, lease: Lease): Promise<void> {
    const { clock, log, onResult } = this.#options;
    let report = { slow: false, pauseMs: null as number | null };
    try {
      const result = await this.#ports.refresh(lease, this.#abort.signal);
      report = { slow: isSlow(result.failure), pauseMs: result.hostPauseMs ?? null };
      onResult?.(result);
    } catch (error) {
      if (this.#abort.signal.aborted) log.info({ source: lease.sourceId }, 'refresh aborted at shutdown');
      else log.error({ err: error, source: lease.sourceId }, 'refresh failed by our own fault');
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
    // A tick at most: another process may make a source due at any time.
    return dueMs === null ? tickMs : clamp(Math.max(dueMs - this.#options.clock.now(), readInMs));
  }
}

/** Never zero, or a due source that cannot be had would spin the loop. */
function clamp(sleepMs: number): number {
  return Math.min(Math.max(Math.ceil(sleepMs), 1), tickMs);
}

function isSlow(failure: Failure | null): boolean {
  return failure !== null && isTimeout(failure);
}
