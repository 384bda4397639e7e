import { minuteMs } from '../../domain/durations.ts';
import type { Clock } from '../../runtime/clock.ts';

/** Consecutive failures after which a host is paused. */
const maxFailures = 5;
const maxPauseMs = 30 * minuteMs;
const maxHosts = 10_000;

/** Limits on requests to other hosts. */
export interface HostLimits {
  readonly perHost: number;
  readonly total: number;
  /** Requests to one host within a minute; absent: no limit. */
  readonly perHostPerMinute?: number;
}

/** Called when a request has ended: with its error, if it has one, then in any case. */
interface RequestListener {
  error(error: unknown): void;
  end(): void;
}

interface HostState {
  running: number;
  failures: number;
  pausedUntilMs: number;
  startedMs: number[];
}

/** Decides when a request to a host may be sent: within concurrency and rate limits, and not while a host is paused. */
export class HostLimiter {
  readonly #clock: Clock;
  readonly #limits: HostLimits;
  readonly #hosts = new Map<string, HostState>();
  readonly #requests = new Set<Promise<void>>();
  #running = 0;

  constructor(clock: Clock, limits: HostLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Requests that may still be started in all. */
  get available(): number {
    return this.#limits.total - this.#running;
  }

  /** Takes a permit for a host; false: none is available now. Each permit must be given back with `release`. */
  tryAcquire(host: string): boolean {
    const state = this.#hosts.get(host) ?? { running: 0, failures: 0, pausedUntilMs: 0, startedMs: [] };
    if (this.available <= 0 || this.#isBlocked(state)) return false;
    this.#hosts.set(host, state);
    state.running += 1;
    if (this.#limits.perHostPerMinute !== undefined) state.startedMs.push(this.#clock.monotonic());
    this.#running += 1;
    return true;
  }

  /** Gives a permit back. @param succeeded whether the host answered as it should; null: no request was sent. */
  release(host: string, succeeded: boolean | null): void {
    const state = this.#hosts.get(host);
    if (state === undefined) return;
    this.#running -= 1;
    state.running -= 1;
    if (succeeded === null) state.startedMs.pop();
    else if (succeeded) state.failures = 0;
    else this.#countFailure(state);
    this.#forget(host, state);
  }

  /**
   * Sends a request with a permit, and gives the permit back. The request returns the `succeeded` of `release`; its
   * rejection is a fault of ours, and passed to `error`.
   */
  start(host: string, request: () => Promise<boolean | null>, on: RequestListener): void {
    const perform = async (): Promise<void> => {
      let succeeded: boolean | null = null;
      try {
        succeeded = await request();
      } catch (error) {
        on.error(error);
      }
      this.release(host, succeeded);
      this.#requests.delete(running);
      on.end();
    };
    const running = perform();
    this.#requests.add(running);
  }

  /** Resolves when no request of `start` is running. */
  async idle(): Promise<void> {
    while (this.#requests.size > 0) await Promise.all(this.#requests);
  }

  /** Hosts to which no request may be sent now. */
  blockedHosts(): string[] {
    return [...this.#hosts].filter(([, state]) => this.#isBlocked(state)).map(([host]) => host);
  }

  /** Milliseconds until the first pause or rate limit of a host ends; null: there is none. */
  nextUnblockInMs(): number | null {
    const nowMs = this.#clock.monotonic();
    const waits = [...this.#hosts.values()].map((state) => this.#unblockAtMs(state) - nowMs).filter((ms) => ms > 0);
    return waits.length === 0 ? null : Math.min(...waits);
  }

  #isBlocked(state: HostState): boolean {
    // After a pause, a single request probes whether the host has recovered.
    const permits = state.failures >= maxFailures ? 1 : this.#limits.perHost;
    return state.running >= permits || this.#unblockAtMs(state) > this.#clock.monotonic();
  }

  #unblockAtMs(state: HostState): number {
    const { perHostPerMinute } = this.#limits;
    if (perHostPerMinute === undefined) return state.pausedUntilMs;
    const fromMs = this.#clock.monotonic() - minuteMs;
    state.startedMs = state.startedMs.filter((ms) => ms > fromMs);
    const oldest = state.startedMs[state.startedMs.length - perHostPerMinute];
    return oldest === undefined ? state.pausedUntilMs : Math.max(state.pausedUntilMs, oldest + minuteMs);
  }

  #countFailure(state: HostState): void {
    state.failures += 1;
    if (state.failures < maxFailures) return;
    const pauseMs = Math.min(minuteMs * 2 ** Math.min(state.failures - maxFailures, 10), maxPauseMs);
    state.pausedUntilMs = this.#clock.monotonic() + pauseMs;
  }

  #forget(host: string, state: HostState): void {
    const isDefault = state.running === 0 && state.failures === 0 && state.startedMs.length === 0;
    if (isDefault) this.#hosts.delete(host);
    if (this.#hosts.size <= maxHosts) return;
    for (const [name, { running }] of this.#hosts) {
      if (running > 0) continue;
      this.#hosts.delete(name);
      return;
    }
  }
}
