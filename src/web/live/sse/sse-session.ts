import type { ServerResponse } from 'node:http';
import { type Cursor, formatCursor } from '../../../domain/events/event.ts';
import type { Filter } from '../../../domain/events/filter.ts';
import type { ResetReason, ServerMessage } from '../../../domain/events/wire.ts';
import type { StartPosition } from '../../../push/fanout/fan-out.ts';
import type { Encoding } from '../../../push/fanout/frames.ts';
import type { Sink, Subscription } from '../../../push/fanout/subscription.ts';
import { type CloseCode, closeCodes, retryAfterMs } from '../protocol/close-codes.ts';
import { type DrainListener, DrainWatch } from '../session/drain-watch.ts';
import type { LiveContext } from '../session/live-context.ts';
import type { LiveSession } from '../session/session-registry.ts';

/** Formats one server-sent event. JSON contains no line break, so `data` is always one line. */
export function formatSseEvent(block: { readonly id?: string; readonly event: string; readonly data: string }): string {
  const id = block.id === undefined ? '' : `id: ${block.id}\n`;
  return `${id}event: ${block.event}\ndata: ${block.data}\n\n`;
}

/** Encodes deliveries as server-sent events: one for each event of the log, with the cursor after it as the id. */
export const sseEncoding: Encoding = {
  name: 'sse',
  encode({ ch, epoch, events }) {
    const channel = JSON.stringify(ch);
    const blocks = events.map(({ seq, jsonTail: rest }) =>
      formatSseEvent({ id: `${epoch}-${seq}`, event: 'item', data: `{"type":"item","ch":${channel},${rest}` }),
    );
    return Buffer.from(blocks.join(''));
  },
};

/** A request for an event stream. */
export interface SseRequest {
  readonly out: ServerResponse;
  readonly address: string;
  readonly filters: readonly Filter[];
  readonly after: StartPosition;
}

/** The headers of an event stream. It bypasses the middleware, so these include what middleware sets on all responses. */
export const sseHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-store',
  // Turns off the buffering of reverse proxies.
  'X-Accel-Buffering': 'no',
  'X-Content-Type-Options': 'nosniff',
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
};

interface EventPosition {
  readonly seq: number;
  readonly prev: number;
}

/** One event stream: a session with one subscription. */
export class SseSession implements LiveSession, Sink, DrainListener {
  readonly transport = 'sse';
  readonly encoding = sseEncoding;
  readonly #context: LiveContext;
  readonly #output: ServerResponse;
  readonly #filters: readonly Filter[];
  readonly #drain: DrainWatch;
  readonly #leave: () => void;
  readonly #cancelAge: () => void;
  #cancelHeartbeat: () => void = () => {};
  #subscription: Subscription | null = null;
  #closing = false;

  constructor(context: LiveContext, { out, address, filters, after }: SseRequest) {
    const { timers, timing, random } = context;
    this.#context = context;
    this.#output = out;
    this.#filters = filters;
    this.#leave = context.sessions.add(this, address);
    this.#drain = new DrainWatch(out, context, this);
    this.#cancelAge = timers.after(timing.streamMaxAgeMs * (0.8 + random() * 0.2), () => this.bye(closeCodes.maxAge));
    out.on('error', (error) => context.log.debug({ err: error }, 'an event stream failed'));
    out.on('close', () => this.#ended());
    out.writeHead(200, sseHeaders);
    // Spread, so that not all clients reconnect in the same second after a restart.
    this.#write(`retry: ${Math.round(3000 + random() * 5000)}\n\n`);
    this.#scheduleHeartbeat();
    this.#subscribe(after);
  }

  writable(): boolean {
    return !this.#closing && this.#drain.writable();
  }

  subscribed(after: Cursor): void {
    this.#sendPosition(after);
  }

  deliver(bytes: Buffer): void {
    this.#write(bytes);
  }

  live({ seq, prev }: EventPosition): void {
    this.#send({ type: 'live', ch: this.#ch, seq, prev }, formatCursor({ epoch: this.#epoch, seq }));
  }

  pos({ seq }: EventPosition): void {
    this.#sendPosition({ epoch: this.#epoch, seq });
  }

  /**
   * Sends `reset` with the head as its id and continues from there. An EventSource cannot read a status code, and would
   * reconnect with the same cursor for ever.
   */
  reset(reason: ResetReason): void {
    const { epoch, floor, head } = this.#context.tail.bounds;
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
    this.#write(formatBye(close, retryAfterMs(close, this.#context.random)));
    this.#closing = true;
    this.#context.sessions.countClose(code);
    this.#context.log.debug({ code, reason }, 'closed an event stream');
    this.#subscription?.close();
    this.#output.end();
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#context.timers.after(this.#context.timing.byeTimeoutMs, () => this.terminate());
  }

  drained(): void {
    this.#subscription?.wake();
  }

  drainTimedOut(): void {
    this.bye(closeCodes.slowConsumer);
  }

  terminate(): void {
    this.#output.destroy();
  }

  get #epoch(): string {
    return this.#context.tail.bounds.epoch;
  }

  get #ch(): string {
    return this.#subscription?.channel ?? '';
  }

  #subscribe(after: StartPosition): void {
    if (this.#closing) return;
    const subscription = this.#context.fanOut.subscribe({ filters: this.#filters, after, sink: this });
    // A subscription that was reset before `subscribe` returned has been replaced already.
    if (!subscription.closed) this.#subscription = subscription;
  }

  /** A block with nothing but an id: not an event, but the cursor with which an EventSource reconnects. */
  #sendPosition(cursor: Cursor): void {
    this.#write(`id: ${formatCursor(cursor)}\n\n`);
  }

  #send(message: ServerMessage, id: string): void {
    this.#write(formatSseEvent({ id, event: message.type, data: JSON.stringify(message) }));
  }

  #write(bytes: Buffer | string): void {
    if (this.#closing) return;
    this.#output.write(bytes);
    // The drain timeout starts with the write that reaches the mark, even if nothing more is to be written.
    this.#drain.writable();
  }

  #scheduleHeartbeat(): void {
    const { timers, timing, random } = this.#context;
    this.#cancelHeartbeat = timers.after(timing.streamHeartbeatMs * (0.6 + random() * 0.4), () => {
      this.#scheduleHeartbeat();
      if (!this.writable()) return;
      this.#subscription?.sendPos();
      this.#write(': hb\n\n');
    });
  }

  #ended(): void {
    this.#closing = true;
    this.#cancelHeartbeat();
    this.#cancelAge();
    this.#drain.stop();
    this.#subscription?.close();
    this.#leave();
  }
}

/** Formats `bye` of an event stream, with the delay as `retry` too: an EventSource obeys that itself. */
export function formatBye({ code, reason }: CloseCode, waitMs: number): string {
  const data = JSON.stringify({ type: 'bye', code, reason, retryAfterMs: waitMs } satisfies ServerMessage);
  return `retry: ${Math.max(1000, waitMs)}\n${formatSseEvent({ event: 'bye', data })}`;
}
