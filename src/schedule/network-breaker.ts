import { minuteMs, secondMs } from '../domain/durations.ts';
import type { FetchOutcome } from '../domain/polling/fetch-outcome.ts';
import { isNetworkFailure } from './rules/poll-backoff.ts';

const windowMs = minuteMs;
const minFetches = 20;
const minHosts = 5;
const firstPauseMs = 30 * secondMs;
const maxPauseMs = 5 * minuteMs;
/** A response proves that the network works. For this long, failures count against sources, however many there are. */
const trustMs = 10 * minuteMs;
const trialFetches = 3;

interface RecordedFetch {
  readonly host: string;
  readonly failed: boolean;
  readonly atMs: number;
}

/**
 * A circuit breaker that distinguishes a failure of our own network from failures of sources. If more than half of the
 * fetches of a minute fail on the network, across several hosts, polling pauses and no source is blamed. After the
 * pause a few trial fetches test whether the network is back. All times are monotonic.
 */
export class NetworkBreaker {
  /** Fetches of the last minute, oldest first. Entries before `#first` are older and are removed in bulk. */
  #fetches: RecordedFetch[] = [];
  #first = 0;
  /** How many of them failed. */
  #failed = 0;
  /** Null: the breaker is closed. */
  #pause: { readonly untilMs: number; readonly lengthMs: number } | null = null;
  #trustedUntilMs = 0;
  #hasBeenUp = false;

  /** Records the outcome of a fetch. Must be called before the outcome is evaluated. */
  record(host: string, outcome: FetchOutcome, atMs: number): void {
    const failed = outcome.kind === 'failed' && isNetworkFailure(outcome.failure);
    // A local file or a blocked address is no evidence about the network.
    if (!failed && outcome.facts.status === null) return;
    this.#hasBeenUp ||= !failed;
    if (this.#pause !== null) this.#recordWhileOpen(failed, atMs);
    else if (atMs >= this.#trustedUntilMs) this.#recordWhileClosed({ host, failed, atMs });
  }

  /** Whether network failures are currently attributed to our own network. */
  isOpen(): boolean {
    return this.#pause !== null;
  }

  /** Whether any host has answered since the start. */
  hasBeenUp(): boolean {
    return this.#hasBeenUp;
  }

  /** No fetch before this time; null: not paused. */
  pausedUntilMs(atMs: number): number | null {
    return this.#pause !== null && this.#pause.untilMs > atMs ? this.#pause.untilMs : null;
  }

  /** How many fetches may run while the breaker is open; null: no limit. */
  maxTrialFetches(): number | null {
    return this.#pause === null ? null : trialFetches;
  }

  #recordWhileOpen(failed: boolean, atMs: number): void {
    if (!failed) {
      this.#pause = null;
      this.#trustedUntilMs = atMs + trustMs;
      return;
    }
    // Fetches that were running when the pause began fail during it. Only a trial after its end extends it.
    if (this.#pause === null || atMs < this.#pause.untilMs) return;
    const lengthMs = Math.min(this.#pause.lengthMs * 2, maxPauseMs);
    this.#pause = { untilMs: atMs + lengthMs, lengthMs };
  }

  #recordWhileClosed(fetch: RecordedFetch): void {
    this.#fetches.push(fetch);
    if (fetch.failed) this.#failed += 1;
    this.#removeBefore(fetch.atMs - windowMs);
    const count = this.#fetches.length - this.#first;
    if (count < minFetches || this.#failed * 2 <= count) return;
    const hosts = new Set(this.#fetches.slice(this.#first).flatMap(({ failed, host }) => (failed ? [host] : [])));
    if (hosts.size < minHosts) return;
    this.#fetches = [];
    this.#first = 0;
    this.#failed = 0;
    this.#pause = { untilMs: fetch.atMs + firstPauseMs, lengthMs: firstPauseMs };
  }

  #removeBefore(atMs: number): void {
    for (let oldest = this.#fetches[this.#first]; oldest !== undefined && oldest.atMs <= atMs; ) {
      if (oldest.failed) this.#failed -= 1;
      this.#first += 1;
      oldest = this.#fetches[this.#first];
    }
    if (this.#first * 2 <= this.#fetches.length) return;
    this.#fetches = this.#fetches.slice(this.#first);
    this.#first = 0;
  }
}
