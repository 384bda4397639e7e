import { minuteMs, secondMs } from '../domain/durations.ts';
import type { FetchOutcome } from '../domain/polling/fetch-outcome.ts';
import { isNetworkFailure } from './rules/poll-backoff.ts';

/**
 * Tells our own network's failure from the sources'. When more than half of all fetches of a minute fail on the
 * network, over several hosts, polling pauses and no source is blamed; then single fetches try whether it is back.
 */
export interface NetworkBreaker {
  /** To be called with every fetch's outcome, before it is settled. */
  record(host: string, outcome: FetchOutcome, atMs: number): void;
  /** Whether network failures are our own at the moment. */
  isOpen(): boolean;
  /** Whether anybody has answered since the start. */
  hasBeenUp(): boolean;
  /** No fetch before this; null: go on. */
  pausedUntilMs(atMs: number): number | null;
  /** How many fetches may run while it is being tried; null: no limit. */
  maxTrialFetches(): number | null;
}

const windowMs = minuteMs;
const leastFetches = 20;
const leastHosts = 5;
const firstPauseMs = 30 * secondMs;
const longestPauseMs = 5 * minuteMs;
/** One answer proves that the network works; then sources that fail are blamed for a while, however many. */
const trustMs = 10 * minuteMs;
const trialSize = 3;

interface Seen {
  readonly host: string;
  readonly failed: boolean;
  readonly atMs: number;
}

/** A brake that is off. Times are of a clock that only grows. */
export function createNetworkBreaker(): NetworkBreaker {
  return new Brake();
}

class Brake implements NetworkBreaker {
  /** Of the last minute, oldest first; those before `#first` are older and cut off in bulk. */
  #seen: Seen[] = [];
  #first = 0;
  /** How many of them failed. */
  #failed = 0;
  /** Null: the network is held to be up. */
  #pause: { readonly untilMs: number; readonly lengthMs: number } | null = null;
  #trustedUntilMs = 0;
  #seenUp = false;

  record(host: string, outcome: FetchOutcome, atMs: number): void {
    const failed = outcome.kind === 'failed' && isNetworkFailure(outcome.failure);
    // A local file or a refused address says nothing about the network.
    if (!failed && outcome.facts.status === null) return;
    this.#seenUp ||= !failed;
    if (this.#pause !== null) this.#noteInPause(failed, atMs);
    else if (atMs >= this.#trustedUntilMs) this.#noteFreely({ host, failed, atMs });
  }

  isOpen(): boolean {
    return this.#pause !== null;
  }

  hasBeenUp(): boolean {
    return this.#seenUp;
  }

  pausedUntilMs(atMs: number): number | null {
    return this.#pause !== null && this.#pause.untilMs > atMs ? this.#pause.untilMs : null;
  }

  maxTrialFetches(): number | null {
    return this.#pause === null ? null : trialSize;
  }

  #noteInPause(failed: boolean, atMs: number): void {
    if (!failed) {
      this.#pause = null;
      this.#trustedUntilMs = atMs + trustMs;
      return;
    }
    // Fetches that were under way when the pause began fail within it: only a trial after it prolongs it.
    if (this.#pause === null || atMs < this.#pause.untilMs) return;
    const lengthMs = Math.min(this.#pause.lengthMs * 2, longestPauseMs);
    this.#pause = { untilMs: atMs + lengthMs, lengthMs };
  }

  #noteFreely(seen: Seen): void {
    this.#seen.push(seen);
    if (seen.failed) this.#failed += 1;
    this.#forgetBefore(seen.atMs - windowMs);
    const count = this.#seen.length - this.#first;
    if (count < leastFetches || this.#failed * 2 <= count) return;
    const hosts = new Set(this.#seen.slice(this.#first).flatMap(({ failed, host }) => (failed ? [host] : [])));
    if (hosts.size < leastHosts) return;
    this.#seen = [];
    this.#first = 0;
    this.#failed = 0;
    this.#pause = { untilMs: seen.atMs + firstPauseMs, lengthMs: firstPauseMs };
  }

  #forgetBefore(atMs: number): void {
    for (let oldest = this.#seen[this.#first]; oldest !== undefined && oldest.atMs <= atMs; ) {
      if (oldest.failed) this.#failed -= 1;
      this.#first += 1;
      oldest = this.#seen[this.#first];
    }
    if (this.#first * 2 <= this.#seen.length) return;
    this.#seen = this.#seen.slice(this.#first);
    this.#first = 0;
  }
}
