import type { ServerResponse } from 'node:http';
import { type Cursor, formatCursor } from '../../../domain/events/event.ts';
import type { Filter } from '../../../domain/events/filter.ts';
import type { ResetReason, ServerMessage } from '../../../domain/events/wire.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';
import type { Sink, Subscription } from '../../../push/fanout/subscription.ts';
import { type CloseCode, closeCodes, retryAfterMs } from '../protocol/close-codes.ts';
import { type DrainListener, DrainWatch } from '../session/drain-watch.ts';
import type { LiveContext } from '../session/live-context.ts';
import type { LiveSession } from '../session/session-registry.ts';
import { formatSseEvent, sseEncoding } from './sse-format.ts';

/** A reader of the stream. */
export interface SseRequest {
  readonly out: ServerResponse;
  readonly address: string;
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
}

/** The headers of a stream. No middleware sees it, so what others set for every answer stands here too. */
export const sseHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Asks a reverse proxy to pass every byte on at once.
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

interface At {
  readonly seq: number;
  readonly prev: number;
}

/** One stream: the session and its only subscription. */
export class SseSession implements LiveSession, Sink, DrainListener {
  readonly transport = 'sse';
  readonly encoding = sseEncoding;
  readonly #parts: LiveContext;
  readonly #out: ServerResponse;
  readonly #filters: readonly Filter[];
  readonly #drain: DrainWatch;
  readonly #leave: () => void;
  readonly #cancelAge: () => void;
  #cancelBeat: () => void = () => {};
  #subscription: Subscription | null = null;
  #closing = false;

  constructor(parts: LiveContext, { out, address, filters, after }: SseRequest) {
    const { wheel, timing, random } = parts;
    this.#parts = parts;
    this.#out = out;
    this.#filters = filters;
    this.#leave = parts.sessions.add(this, address);
    this.#drain = new DrainWatch(out, parts, this);
    this.#cancelAge = wheel.after(timing.streamMaxAgeMs * (0.8 + random() * 0.2), () => this.bye(closeCodes.maxAge));
    out.on('error', (error) => parts.log.debug({ err: error }, 'a live stream broke'));
    out.on('close', () => this.#ended());
    out.writeHead(200, sseHeaders);
    // Spread, so that the readers of a server that went down do not all come back in the same second.
    this.#write(`retry: ${Math.round(3000 + random() * 5000)}\n\n`);
    this.#beatLater();
    this.#subscribe(after);
  }

  writable(): boolean {
    return !this.#closing && this.#drain.writable();
  }

  subscribed(after: Cursor): void {
    this.#tellPlace(after);
  }

  deliver(bytes: Buffer): void {
    this.#write(bytes);
  }

  live({ seq, prev }: At): void {
    this.#send({ type: 'live', ch: this.#ch, seq, prev }, formatCursor({ epoch: this.#epoch, seq }));
  }

  pos({ seq }: At): void {
    this.#tellPlace({ epoch: this.#epoch, seq });
  }

  /**
   * A reset is an event with the head as its id, and the stream goes on from there: an EventSource cannot read the
   * status of an answer, and would come back with the same cursor for ever.
   */
  reset(reason: ResetReason): void {
    const { epoch, floor, head } = this.#parts.tail.place;
    const id = formatCursor({ epoch, seq: head });
    this.#send({ type: 'reset', id: 'sse', reason, epoch, floor, head }, id);
    this.#subscribe('head');
  }

  aborted(): void {
    this.bye(closeCodes.positionLost);
  }

  bye(close: CloseCode): void {
    if (this.#closing) return;
    const { code, reason } = close;
    this.#write(formatBye(close, retryAfterMs(close, this.#parts.random)));
    this.#closing = true;
    this.#parts.sessions.countClose(code);
    this.#parts.log.debug({ code, reason }, 'a live stream is ended');
    this.#subscription?.close();
    this.#out.end();
    this.#cancelBeat();
    this.#cancelBeat = this.#parts.wheel.after(this.#parts.timing.byeTimeoutMs, () => this.terminate());
  }

  drained(): void {
    this.#subscription?.wake();
  }

  tooSlow(): void {
    this.bye(closeCodes.slowConsumer);
  }

  terminate(): void {
    this.#out.destroy();
  }

  get #epoch(): string {
    return this.#parts.tail.place.epoch;
  }

  get #ch(): string {
    return this.#subscription?.channel ?? '';
  }

  #subscribe(after: StartPosition): void {
    if (this.#closing) return;
    const subscription = this.#parts.fanOut.subscribe({ filters: this.#filters, after, sink: this });
    // One that was reset before we got hold of it has its successor in place already.
    if (!subscription.closed) this.#subscription = subscription;
  }

  /** A block with nothing but an id: no event, but the place from which an EventSource comes back. */
  #tellPlace(cursor: Cursor): void {
    this.#write(`id: ${formatCursor(cursor)}\n\n`);
  }

  #send(message: ServerMessage, id: string): void {
    this.#write(formatSseEvent({ id, event: message.type, data: JSON.stringify(message) }));
  }

  #write(bytes: Buffer | string): void {
    if (this.#closing) return;
    this.#out.write(bytes);
    // The time to drain starts with the write that reaches the mark, whether or not anything more is to be written.
    this.#drain.writable();
  }

  #beatLater(): void {
    const { wheel, timing, random } = this.#parts;
    this.#cancelBeat = wheel.after(timing.streamHeartbeatMs * (0.6 + random() * 0.4), () => {
      this.#beatLater();
      if (!this.writable()) return;
      this.#subscription?.sendPos();
      this.#write(': hb\n\n');
    });
  }

  #ended(): void {
    this.#closing = true;
    this.#cancelBeat();
    this.#cancelAge();
    this.#drain.stop();
    this.#subscription?.close();
    this.#leave();
  }
}

/** The goodbye of a stream: also in the form that an EventSource heeds by itself. */
export function formatBye({ code, reason }: CloseCode, waitMs: number): string {
  const data = JSON.stringify({ type: 'bye', code, reason, retryAfterMs: waitMs } satisfies ServerMessage);
  return `retry: ${Math.max(1000, waitMs)}\n${formatSseEvent({ event: 'bye', data })}`;
}
