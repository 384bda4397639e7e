import type { ServerMessage } from '../domain/events/wire.ts';

/** What a link brings: the server's messages, and places told without an event (server-sent events have such). */
export type TransportMessage = ServerMessage | { readonly type: 'place'; readonly cursor: string };

/** How a link came to its end. */
export interface TransportEnd {
  /** Whether the server ever spoke. A transport that never gets so far is blocked. */
  readonly established: boolean;
  /** Null: the connection broke without a code. */
  readonly code: number | null;
  readonly reason: string;
  /** True: trying again would repeat the fault. */
  readonly fatal: boolean;
}

/** One connection of either transport. Messages come in order; after the last one stands the end. */
export interface Transport {
  /**
   * Begins after a cursor, or anew after another; what was still under way for the earlier place is not delivered. On a
   * link that has ended it does nothing.
   */
  subscribe(after: string): void;
  /** Asks for the counts of these items instead of earlier ones; a transport that has none tells none. */
  watch(items: readonly number[]): void;
  /** The next message; null: the link has ended. */
  next(): Promise<TransportMessage | null>;
  /** How it ended; meaningful after `next` gave null. */
  readonly end: TransportEnd;
  close(): void;
}

/** Messages between the socket, which pushes, and the client, which takes one when it is done with the last. */
export class MessageQueue {
  #messages: TransportMessage[] = [];
  #closed = false;
  #wake: (() => void) | null = null;

  push(message: TransportMessage): void {
    this.#messages.push(message);
    this.#wake?.();
  }

  /** Drops what waits: it belongs to a place that was given up. */
  clear(): void {
    this.#messages = [];
  }

  /** What waits is still delivered. */
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

/** Calls `bark` when nothing was heard for a while. A connection can die without either side being told. */
export class Watchdog {
  readonly #after: (ms: number, run: () => void) => () => void;
  readonly #bark: () => void;
  #cancel: (() => void) | null = null;
  #patienceMs: number;

  constructor(after: (ms: number, run: () => void) => () => void, patienceMs: number, bark: () => void) {
    this.#after = after;
    this.#bark = bark;
    this.#patienceMs = patienceMs;
    this.touch();
  }

  /** A sign of life. */
  touch(): void {
    this.#cancel?.();
    this.#cancel = this.#after(this.#patienceMs, this.#bark);
  }

  /** The server has said how often it gives a sign of life: one may come late, two may not be missing. */
  expectEvery(intervalMs: number): void {
    this.#patienceMs = intervalMs * 2;
    this.touch();
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }
}
