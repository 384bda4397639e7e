import type { Clock } from '../../runtime/clock.ts';

const minuteMs = 60_000;
/** Failures in a row after which a host is left alone for a while. */
const tooMany = 5;
const longestPauseMs = 30 * minuteMs;
const mostRemembered = 10_000;

/** Bounds on what is asked of other people's hosts. */
export interface HostLimits {
  /** Requests under way to one host. */
  readonly perHost: number;
  /** Requests under way in all. */
  readonly total: number;
  /** Requests to one host within a minute; absent: as many as come. */
  readonly perHostPerMinute?: number;
}

interface HostState {
  running: number;
  failures: number;
  pausedUntilMs: number;
  startedMs: number[];
}

/** Says when a host may be asked: not too often at once, and not at all for a while when it keeps failing. */
export class HostLimiter {
  readonly #clock: Clock;
  readonly #limits: HostLimits;
  readonly #hosts = new Map<string, HostState>();
  #running = 0;

  constructor(clock: Clock, limits: HostLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  get available(): number {
    return this.#limits.total - this.#running;
  }

  /** Takes a place at a host; false: not now. Whoever takes one gives it back with `leave`. */
  tryAcquire(host: string): boolean {
    const state = this.#hosts.get(host) ?? { running: 0, failures: 0, pausedUntilMs: 0, startedMs: [] };
    if (this.available <= 0 || this.#isShut(state)) return false;
    this.#hosts.set(host, state);
    state.running += 1;
    if (this.#limits.perHostPerMinute !== undefined) state.startedMs.push(this.#clock.monotonic());
    this.#running += 1;
    return true;
  }

  /** Gives a place back. @param went whether the host did what was asked; null: it was not asked after all. */
  release(host: string, went: boolean | null): void {
    const state = this.#hosts.get(host);
    if (state === undefined) return;
    this.#running -= 1;
    state.running -= 1;
    if (went === null) state.startedMs.pop();
    else if (went) state.failures = 0;
    else this.#countFailure(state);
    this.#forget(host, state);
  }

  /** Hosts that may not be asked just now. */
  blockedHosts(): string[] {
    return [...this.#hosts].filter(([, state]) => this.#isShut(state)).map(([host]) => host);
  }

  /** In how long a host that is shut now may be asked for a reason other than requests under way; null: none is. */
  nextUnblockInMs(): number | null {
    const nowMs = this.#clock.monotonic();
    const waits = [...this.#hosts.values()].map((state) => this.#opensAtMs(state) - nowMs).filter((ms) => ms > 0);
    return waits.length === 0 ? null : Math.min(...waits);
  }

  #isShut(state: HostState): boolean {
    // After a pause one request looks whether the host is well again.
    const places = state.failures >= tooMany ? 1 : this.#limits.perHost;
    return state.running >= places || this.#opensAtMs(state) > this.#clock.monotonic();
  }

  #opensAtMs(state: HostState): number {
    const { perHostPerMinute } = this.#limits;
    if (perHostPerMinute === undefined) return state.pausedUntilMs;
    const fromMs = this.#clock.monotonic() - minuteMs;
    state.startedMs = state.startedMs.filter((ms) => ms > fromMs);
    const oldest = state.startedMs[state.startedMs.length - perHostPerMinute];
    return oldest === undefined ? state.pausedUntilMs : Math.max(state.pausedUntilMs, oldest + minuteMs);
  }

  #countFailure(state: HostState): void {
    state.failures += 1;
    if (state.failures < tooMany) return;
    const pauseMs = Math.min(minuteMs * 2 ** Math.min(state.failures - tooMany, 10), longestPauseMs);
    state.pausedUntilMs = this.#clock.monotonic() + pauseMs;
  }

  #forget(host: string, state: HostState): void {
    const isPlain = state.running === 0 && state.failures === 0 && state.startedMs.length === 0;
    if (isPlain) this.#hosts.delete(host);
    if (this.#hosts.size <= mostRemembered) return;
    for (const [name, { running }] of this.#hosts) {
      if (running > 0) continue;
      this.#hosts.delete(name);
      return;
    }
  }
}
