import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Alert, AlertReceiver } from '../../domain/alerts/alert.ts';
import type { Clock } from '../../runtime/clock.ts';
import { type Coalescer, createCoalescer } from '../../runtime/coalescer.ts';
import type { Log } from '../../runtime/log.ts';
import { type AttemptOutcome, attemptOutcome, type SendResult } from './alert-retry.ts';

const pollEveryMs = 1000;
const stopGraceMs = 2000;

/** An alert that waits for a receiver. */
export interface QueuedAlert {
  readonly id: number;
  readonly alert: Alert;
  readonly attempts: number;
  readonly nextAttemptMs: number;
  readonly expiresMs: number;
}

/** The alerts that wait. Both methods may fail; the dispatcher retries. */
export interface AlertQueue {
  /** The oldest alert that waits for a receiver; null: none, or results cannot be stored now. */
  next(receiver: string): Promise<QueuedAlert | null>;
  /** Stores the result of an attempt. Until it resolves, the receiver gets nothing else. */
  record(receiver: string, queued: QueuedAlert, attempt: AttemptOutcome & { readonly atMs: number }): Promise<void>;
}

/** Dependencies of a dispatcher. */
export interface AlertDispatcherOptions {
  readonly queue: AlertQueue;
  /**
   * Sends one alert. Remote failures are returned, not thrown.
   *
   * @throws the signal's reason when it is aborted.
   */
  send(receiver: AlertReceiver, alert: Alert, signal: AbortSignal): Promise<SendResult>;
  readonly clock: Clock;
  readonly log: Log;
  random(): number;
  /** Calls `call` once after a delay; the returned function cancels it. */
  setTimer(delayMs: number, call: () => void): () => void;
}

/**
 * Delivers alerts: to each receiver in order and one at a time, to all of them concurrently. A receiver that is slow or
 * does not answer delays only its own alerts. An alert is sent again after a crash between its acceptance and the record
 * of it.
 */
export class AlertDispatcher {
  readonly #options: AlertDispatcherOptions;
  /** By id. Kept when a declaration is removed: it may be added again while its last run has not ended. */
  readonly #tasks = new Map<string, Coalescer>();
  readonly #abort = new AbortController();
  #receivers: ReadonlyMap<string, AlertReceiver> = new Map();
  #cancelPoll: () => void = () => {};
  #stopped = false;

  constructor(options: AlertDispatcherOptions) {
    this.#options = options;
    this.#schedulePoll();
  }

  /** Replaces the receivers. */
  setReceivers(receivers: readonly AlertReceiver[]): void {
    this.#receivers = new Map(receivers.map((receiver) => [receiver.id, receiver]));
    this.wake();
  }

  /** Checks for new alerts. May be called at any rate. */
  wake(): void {
    if (this.#stopped) return;
    for (const id of this.#receivers.keys()) this.#taskOf(id).wake();
  }

  /** Sends nothing more. Requests in flight get a grace period, then are aborted and repeated after the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelPoll();
    const cancel = this.#options.setTimer(stopGraceMs, () => this.#abort.abort(new Error('the server is stopping')));
    await Promise.all([...this.#tasks.values()].map((task) => task.stop()));
    cancel();
  }

  #schedulePoll(): void {
    this.#cancelPoll = this.#options.setTimer(pollEveryMs, () => {
      this.wake();
      if (!this.#stopped) this.#schedulePoll();
    });
  }

  #taskOf(id: string): Coalescer {
    const known = this.#tasks.get(id);
    if (known !== undefined) return known;
    const task = createCoalescer(() => this.#serve(id), { name: 'delivering alerts', log: this.#options.log });
    this.#tasks.set(id, task);
    return task;
  }

  /** Delivers until nothing is due, or the first failure. */
  async #serve(id: string): Promise<void> {
    const { queue, clock } = this.#options;
    while (!this.#stopped) {
      // Looked up for each alert: a changed declaration takes effect at once.
      const receiver = this.#receivers.get(id);
      if (receiver === undefined) return;
      const queued = await queue.next(id);
      if (queued === null || !isDue(queued, clock.now())) return;
      try {
        if (!(await this.#deliver(receiver, queued))) return;
      } catch (error) {
        if (this.#abort.signal.aborted) return;
        throw error;
      }
      await nextTurn();
    }
  }

  /** Returns whether the next alert may follow at once. */
  async #deliver(receiver: AlertReceiver, queued: QueuedAlert): Promise<boolean> {
    const { queue, clock, random, send } = this.#options;
    const result = await send(receiver, queued.alert, this.#abort.signal);
    const nowMs = clock.now();
    const attempt = attemptOutcome(result, { ...queued, nowMs, random: random() });
    await queue.record(receiver.id, queued, { ...attempt, atMs: nowMs });
    this.#report(receiver.id, queued, attempt);
    return attempt.outcome !== 'failed';
  }

  #report(receiver: string, { alert, attempts }: QueuedAlert, { outcome, status, detail }: AttemptOutcome): void {
    const { log } = this.#options;
    const facts = { receiver, alert: alert.title, status, detail };
    if (outcome === 'delivered') log.debug(facts, 'an alert was delivered');
    else if (outcome === 'expired')
      log.error(facts, 'an alert was dropped: its receiver accepted it in none of the attempts');
    else log.warn({ ...facts, failures: attempts + 1 }, 'an alert could not be delivered; retrying');
  }
}

/** Longer than any delay: a later time means that the clock was set back. */
const maxAheadMs = 2 * 60 * 60 * 1000;

function isDue({ nextAttemptMs }: QueuedAlert, nowMs: number): boolean {
  return nextAttemptMs <= nowMs || nextAttemptMs > nowMs + maxAheadMs;
}
