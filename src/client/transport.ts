import type { ServerMessage } from '../domain/events/wire.ts';

/** Messages of a transport: those of the server, and a cursor without an event (an SSE block with only an `id:`). */
export type TransportMessage = ServerMessage | { readonly type: 'cursor'; readonly cursor: string };

/** How a connection ended. */
export interface TransportEnd {
  /** Whether a message was received. A transport that never gets one may be blocked. */
  readonly established: boolean;
  /** Null: the connection broke without a code. */
  readonly code: number | null;
  readonly reason: string;
  /** Whether another attempt would fail in the same way. */
  readonly fatal: boolean;
}

/** One connection. Messages arrive in order; `end` is set after the last one. */
export interface Transport {
  /**
   * Subscribes after a cursor. Replaces an earlier subscription, whose undelivered messages are dropped. Has no effect after
   * the connection has ended.
   */
  subscribe(after: string): void;
  /** Requests counts of these items instead of earlier ones. No effect on a transport without counts. */
  watch(items: readonly number[]): void;
  /** The next message; null: the connection has ended. */
  next(): Promise<TransportMessage | null>;
  /** Valid after `next` returned null. */
  readonly end: TransportEnd;
  close(): void;
}

/** Queue between the socket, which pushes, and the client, which pulls the next message when it has handled the last. */
export class MessageQueue {
  #messages: TransportMessage[] = [];
  #closed = false;
  #wake: (() => void) | null = null;

  push(message: TransportMessage): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** Drops queued messages, which belong to an earlier subscription. */
  clear(): void {
    this.#messages = [];
  }

  /** Queued messages are still delivered. */
  close(): void {
    this.#closed = true;
    this.#wake?.();
  }

  async next(): Promise<TransportMessage | null> {
    while (this.#messages.length === 0 && !this.#closed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return this.#messages.shift() ?? null;
  }
}

/** Calls `onTimeout` after a period without messages: a connection can die without an event on either side. */
export class Watchdog {
  readonly #after: (ms: number, run: () => void) => () => void;
  readonly #onTimeout: () => void;
  #cancel: (() => void) | null = null;
  #timeoutMs: number;

  constructor(after: (ms: number, run: () => void) => () => void, timeoutMs: number, onTimeout: () => void) {
    this.#after = after;
    this.#onTimeout = onTimeout;
    this.#timeoutMs = timeoutMs;
    this.touch();
  }

  /** Restarts the timeout. */
  touch(): void {
    this.#cancel?.();
    this.#cancel = this.#after(this.#timeoutMs, this.#onTimeout);
  }

  /** Sets the timeout to twice the server's heartbeat interval: one heartbeat may be late. */
  expectEvery(intervalMs: number): void {
    this.#timeoutMs = intervalMs * 2;
    this.touch();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}

const firstMs = 500;
const maxMs = 30_000;

/**
 * Delay before the next attempt: random, from 0 to a bound that doubles with each failed attempt. Full jitter, because the
 * clients of a server that went down all lost it at the same moment.
 */
export class ReconnectBackoff {
  readonly #random: () => number;
  #failures = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Call when a connection has made progress, not when it opens: one that opens and breaks at once has failed. */
  reset(): void {
    this.#failures = 0;
  }

  /** @param minMs delay requested by the server; 0: none. */
  nextDelayMs(minMs: number): number {
    const bound = Math.min(maxMs, firstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    return Math.max(minMs, Math.round(this.#random() * bound));
  }
}
