import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { assertNever } from '../../../domain/assert-never.ts';
import { maxFilterValues } from '../../../domain/events/parse-filter.ts';
import type { ServerMessage } from '../../../domain/events/wire.ts';
import {
  type ClientRequest,
  type ProtocolError,
  parseClientMessage,
  parseSubscriptionQuery,
  protocolError,
} from '../protocol/client-messages.ts';
import { type CloseCode, closeCodes, retryAfterMs } from '../protocol/close-codes.ts';
import { type DrainListener, DrainWatch } from '../session/drain-watch.ts';
import type { LiveContext } from '../session/live-context.ts';
import type { LiveSession } from '../session/session-registry.ts';
import { PendingReplies } from './pending-replies.ts';
import { framePing, frameText, pingMessage } from './ws-frame.ts';
import { type SessionConnection, SessionSubscriptions } from './ws-subscriptions.ts';

const open = 1;
/** What the library's complaints about a client are as close codes; any other is 1002. */
const libraryCloses: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};
/** Too many to guess: only a client that reads what it is sent can answer a ping. */
const pingPayloadBytes = 8;

/** A connection that has been let in. */
export interface AcceptedWebSocket {
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly address: string;
  /** The query of the address it came by: a subscription, unless it is empty. */
  readonly query: URLSearchParams;
}

/** One WebSocket connection and its subscriptions. */
export class WebSocketSession implements LiveSession, SessionConnection, DrainListener {
  readonly transport = 'ws';
  readonly #parts: LiveContext;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #subscriptions: SessionSubscriptions;
  readonly #drain: DrainWatch;
  readonly #pending: PendingReplies;
  readonly #leave: () => void;
  #cancelBeat: () => void;
  readonly #cancelAge: () => void;
  /** The ping frame that has no pong yet. */
  #awaited: { readonly payload: Buffer; readonly cancel: () => void } | null = null;
  #cancelWatch: (() => void) | null = null;
  #windowStart = 0;
  #messages = 0;
  #closing = false;

  constructor(parts: LiveContext, connection: AcceptedWebSocket) {
    this.#parts = parts;
    this.#ws = connection.ws;
    this.#socket = connection.socket;
    this.#subscriptions = new SessionSubscriptions(this, parts);
    this.#drain = new DrainWatch(connection.socket, parts, this);
    this.#pending = new PendingReplies(this);
    this.#leave = parts.sessions.add(this, connection.address);
    const { wheel, timing, random } = parts;
    // Spread over the interval: sessions that came together must not beat together.
    this.#cancelBeat = wheel.after(timing.pingIntervalMs * (0.5 + random() / 2), () => this.#beat());
    this.#cancelAge = wheel.after(timing.maxAgeMs * (0.8 + random() * 0.2), () => this.bye(closeCodes.maxAge));
    this.#listen();
    this.#welcome();
    if (connection.query.size > 0) this.#answer(parseSubscriptionQuery('url', connection.query));
  }

  writable(): boolean {
    return !this.#closing && this.#ws.readyState === open && this.#drain.writable();
  }

  /**
   * Writes one framed message. The frame bypasses the library, which therefore must be asked whether it is open. What
   * is not the answer to one message of the client asks `writable` first.
   */
  write(frame: Buffer): void {
    if (this.#closing || this.#ws.readyState !== open) return;
    this.#socket.write(frame);
    // The time to drain starts with the write that reaches the mark, whether or not anything more is to be written.
    this.#drain.writable();
  }

  send(message: ServerMessage): void {
    this.write(frameText(JSON.stringify(message)));
  }

  bye(close: CloseCode): void {
    if (this.#closing) return;
    const { code, reason } = close;
    this.send({ type: 'bye', code, reason, retryAfterMs: retryAfterMs(close, this.#parts.random) });
    this.#closing = true;
    this.#parts.sessions.countClose(code);
    this.#endSubscriptions();
    this.#ws.close(code, reason);
    this.#cancelBeat();
    this.#cancelBeat = this.#parts.wheel.after(this.#parts.timing.byeTimeoutMs, () => this.terminate());
  }

  drained(): void {
    this.#pending.flush();
    this.#subscriptions.wake();
  }

  tooSlow(): void {
    this.bye(closeCodes.slowConsumer);
  }

  terminate(): void {
    this.#ws.terminate();
  }

  #listen(): void {
    this.#ws.on('message', (data, isBinary) => this.#receive(data, isBinary));
    this.#ws.on('ping', (payload) => {
      if (this.#countMessage()) this.#pending.pong(payload);
    });
    this.#ws.on('pong', (payload) => this.#receivePong(payload));
    this.#ws.on('error', (error) => this.#broke(error));
    this.#ws.on('close', () => this.#ended());
  }

  /** The library has closed the connection, or lost it: with a code of WebSocket's own when the client is to blame. */
  #broke(error: NodeJS.ErrnoException): void {
    const code = libraryCloses[error.code ?? ''] ?? (error.code?.startsWith('WS_ERR_') ? 1002 : null);
    if (code !== null && !this.#closing) this.#parts.sessions.countClose(code);
    this.#parts.log.debug({ err: error }, 'a live session broke');
  }

  #ended(): void {
    this.#closing = true;
    this.#cancelBeat();
    this.#cancelAge();
    this.#awaited?.cancel();
    this.#drain.stop();
    this.#endSubscriptions();
    this.#leave();
  }

  #endSubscriptions(): void {
    this.#subscriptions.end();
    this.#stopWatching();
  }

  #stopWatching(): void {
    this.#cancelWatch?.();
    this.#cancelWatch = null;
    this.#pending.dropCounts();
  }

  #welcome(): void {
    const { timing } = this.#parts;
    this.send({
      type: 'welcome',
      v: 1,
      ...this.#parts.tail.place,
      pingIntervalMs: timing.pingIntervalMs,
      maxAgeMs: timing.maxAgeMs,
      limits: {
        subscriptions: timing.maxSubscriptions,
        messageBytes: timing.maxMessageBytes,
        filterValues: maxFilterValues,
      },
    });
  }

  #beat(): void {
    const { wheel, timing } = this.#parts;
    this.#cancelBeat = wheel.after(timing.pingIntervalMs, () => this.#beat());
    // Behind a backlog a ping would not arrive in time, and the drain timeout tells a dead client as well.
    if (!this.writable()) return;
    this.#awaited ??= {
      payload: randomBytes(pingPayloadBytes),
      cancel: wheel.after(timing.pongTimeoutMs, () => this.bye(closeCodes.noPong)),
    };
    this.write(Buffer.concat([framePing(this.#awaited.payload), pingMessage]));
    this.#subscriptions.sendPositions();
  }

  /** Only the payload of our ping proves that the client reads. Any other pong is a message like others (RFC 6455, 5.5.3). */
  #receivePong(payload: Buffer): void {
    if (this.#awaited?.payload.equals(payload)) {
      this.#awaited.cancel();
      this.#awaited = null;
    } else {
      this.#countMessage();
    }
  }

  /** Counts what the client sends. False: it was too much, and the session is being closed. */
  #countMessage(): boolean {
    if (this.#closing) return false;
    const { clock, timing } = this.#parts;
    const nowMs = clock.monotonic();
    if (nowMs - this.#windowStart >= timing.messageWindowMs) {
      this.#windowStart = nowMs;
      this.#messages = 0;
    }
    this.#messages += 1;
    if (this.#messages > timing.maxMessages) this.bye(closeCodes.rateLimited);
    return this.#messages <= timing.maxMessages;
  }

  #receive(data: RawData, isBinary: boolean): void {
    if (!this.#countMessage()) return;
    try {
      const request = isBinary ? null : parseClientMessage(data.toString());
      if (request === null) this.bye(closeCodes.badMessage);
      else this.#answer(request);
    } catch (error) {
      // The boundary of a session: our fault ends this one, and the log says what it was.
      this.#parts.log.error({ err: error }, 'a live session failed');
      this.terminate();
    }
  }

  #answer(request: ClientRequest | ProtocolError): void {
    switch (request.type) {
      case 'subscribe':
        this.#refuse(this.#subscriptions.subscribe(request));
        break;
      case 'unsubscribe':
        this.#refuse(this.#subscriptions.unsubscribe(request.id));
        break;
      case 'watch':
        this.#watch(request.items);
        break;
      case 'ping':
        this.#pending.ping();
        break;
      case 'pong':
        break;
      case 'fault':
        this.#refuse(request);
        break;
      default:
        assertNever(request);
    }
  }

  #refuse(fault: ProtocolError | null): void {
    if (fault === null) return;
    const { id, code, message } = fault;
    this.send({ type: 'error', ...(id === null ? {} : { id }), code, message });
  }

  #watch(items: readonly number[]): void {
    const { countPoller } = this.#parts;
    this.#stopWatching();
    if (countPoller === null) this.#refuse(protocolError(null, 'not_available', 'nothing is counted here'));
    else if (items.length > 0) {
      this.#cancelWatch = countPoller.watch({ items, notify: (changed) => this.#pending.counts(changed) });
    }
  }
}
