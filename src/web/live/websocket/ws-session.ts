import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { assertNever } from '../../../domain/assert-never.ts';
import { maxFilterValues } from '../../../domain/events/parse-filter.ts';
import type { ServerMessage } from '../../../domain/events/wire.ts';
import type { ItemCounts } from '../../../domain/items/item-counts.ts';
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
import { framePing, framePong, frameText, pingMessage } from './ws-frame.ts';
import { type SessionConnection, SessionSubscriptions } from './ws-subscriptions.ts';

const open = 1;
/** The close codes of the library's error codes. Any other error of the client is 1002. */
const libraryCloseCodes: Readonly<Record<string, number>> = {
  WS_ERR_INVALID_UTF8: 1007,
  WS_ERR_TOO_MANY_BUFFERED_PARTS: 1008,
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 1009,
};
/** Too long to guess: only a client that reads can answer a ping. */
const pingPayloadBytes = 8;

/** A connection after its handshake. */
export interface AcceptedWebSocket {
  readonly ws: WebSocket;
  readonly socket: Duplex;
  readonly address: string;
  /** The query of the request. Unless it is empty, it is a subscription. */
  readonly query: URLSearchParams;
}

/** One WebSocket connection and its subscriptions. */
export class WebSocketSession implements LiveSession, SessionConnection, DrainListener {
  readonly transport = 'ws';
  readonly #context: LiveContext;
  readonly #ws: WebSocket;
  readonly #socket: Duplex;
  readonly #subscriptions: SessionSubscriptions;
  readonly #drain: DrainWatch;
  readonly #pending: PendingReplies;
  readonly #leave: () => void;
  #cancelHeartbeat: () => void;
  readonly #cancelAge: () => void;
  /** The ping frame that has no pong yet. */
  #pendingPing: { readonly payload: Buffer; readonly cancel: () => void } | null = null;
  #cancelWatch: (() => void) | null = null;
  #windowStart = 0;
  #messages = 0;
  #closing = false;

  constructor(context: LiveContext, connection: AcceptedWebSocket) {
    this.#context = context;
    this.#ws = connection.ws;
    this.#socket = connection.socket;
    this.#subscriptions = new SessionSubscriptions(this, context);
    this.#drain = new DrainWatch(connection.socket, context, this);
    this.#pending = new PendingReplies(this);
    this.#leave = context.sessions.add(this, connection.address);
    const { timers, timing, random } = context;
    // Spread over the interval: sessions that were opened together must not send their pings together.
    this.#cancelHeartbeat = timers.after(timing.pingIntervalMs * (0.5 + random() / 2), () => this.#sendHeartbeat());
    this.#cancelAge = timers.after(timing.maxAgeMs * (0.8 + random() * 0.2), () => this.bye(closeCodes.maxAge));
    this.#listen();
    this.#welcome();
    if (connection.query.size > 0) this.#answer(parseSubscriptionQuery('url', connection.query));
  }

  writable(): boolean {
    return !this.#closing && this.#ws.readyState === open && this.#drain.writable();
  }

  /**
   * Writes one frame to the socket, without the library: check that its connection is open. A caller that does not
   * reply to a message of the client checks `writable` first.
   */
  write(frame: Buffer): void {
    if (this.#closing || this.#ws.readyState !== open) return;
    this.#socket.write(frame);
    // The drain timeout starts with the write that reaches the mark, even if nothing more is to be written.
    this.#drain.writable();
  }

  send(message: ServerMessage): void {
    this.write(frameText(JSON.stringify(message)));
  }

  bye(close: CloseCode): void {
    if (this.#closing) return;
    const { code, reason } = close;
    this.send({ type: 'bye', code, reason, retryAfterMs: retryAfterMs(close, this.#context.random) });
    this.#closing = true;
    this.#context.sessions.countClose(code);
    this.#endSubscriptions();
    this.#ws.close(code, reason);
    this.#cancelHeartbeat();
    this.#cancelHeartbeat = this.#context.timers.after(this.#context.timing.byeTimeoutMs, () => this.terminate());
  }

  drained(): void {
    this.#pending.flush();
    this.#subscriptions.wake();
  }

  drainTimedOut(): void {
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
    this.#ws.on('error', (error) => this.#failed(error));
    this.#ws.on('close', () => this.#ended());
  }

  /** The library has closed the connection because of an error of the client, or has lost it. */
  #failed(error: NodeJS.ErrnoException): void {
    const code = libraryCloseCodes[error.code ?? ''] ?? (error.code?.startsWith('WS_ERR_') ? 1002 : null);
    if (code !== null && !this.#closing) this.#context.sessions.countClose(code);
    this.#context.log.debug({ err: error }, 'a live connection failed');
  }

  #ended(): void {
    this.#closing = true;
    this.#cancelHeartbeat();
    this.#cancelAge();
    this.#pendingPing?.cancel();
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
    const { timing } = this.#context;
    this.send({
      type: 'welcome',
      v: 1,
      ...this.#context.tail.bounds,
      pingIntervalMs: timing.pingIntervalMs,
      maxAgeMs: timing.maxAgeMs,
      limits: {
        subscriptions: timing.maxSubscriptions,
        messageBytes: timing.maxMessageBytes,
        filterValues: maxFilterValues,
      },
    });
  }

  #sendHeartbeat(): void {
    const { timers, timing } = this.#context;
    this.#cancelHeartbeat = timers.after(timing.pingIntervalMs, () => this.#sendHeartbeat());
    // Behind unsent bytes a ping would not arrive in time. The drain timeout detects a dead client too.
    if (!this.writable()) return;
    this.#pendingPing ??= {
      payload: randomBytes(pingPayloadBytes),
      cancel: timers.after(timing.pongTimeoutMs, () => this.bye(closeCodes.noPong)),
    };
    this.write(Buffer.concat([framePing(this.#pendingPing.payload), pingMessage]));
    this.#subscriptions.sendPositions();
  }

  /** Only the payload of our ping proves that the client reads. Any other pong counts as a message (RFC 6455 §5.5.3). */
  #receivePong(payload: Buffer): void {
    if (this.#pendingPing?.payload.equals(payload)) {
      this.#pendingPing.cancel();
      this.#pendingPing = null;
    } else {
      this.#countMessage();
    }
  }

  /** Counts a message of the client. False: it has sent too many, and the session is closing. */
  #countMessage(): boolean {
    if (this.#closing) return false;
    const { clock, timing } = this.#context;
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
      // An error of ours ends this session only.
      this.#context.log.error({ err: error }, 'a live session failed');
      this.terminate();
    }
  }

  #answer(request: ClientRequest | ProtocolError): void {
    switch (request.type) {
      case 'subscribe':
        this.#sendError(this.#subscriptions.subscribe(request));
        break;
      case 'unsubscribe':
        this.#sendError(this.#subscriptions.unsubscribe(request.id));
        break;
      case 'watch':
        this.#watch(request.items);
        break;
      case 'ping':
        this.#pending.ping();
        break;
      case 'pong':
        break;
      case 'error':
        this.#sendError(request);
        break;
      default:
        assertNever(request);
    }
  }

  #sendError(error: ProtocolError | null): void {
    if (error === null) return;
    const { id, code, message } = error;
    this.send({ type: 'error', ...(id === null ? {} : { id }), code, message });
  }

  #watch(items: readonly number[]): void {
    const { countPoller } = this.#context;
    this.#stopWatching();
    if (countPoller === null) this.#sendError(protocolError(null, 'not_available', 'this server has no counts'));
    else if (items.length > 0) {
      this.#cancelWatch = countPoller.watch({ items, notify: (changed) => this.#pending.counts(changed) });
    }
  }
}

/** The connection that replies are written to. */
interface ReplyWriter {
  /** False above the high-water mark. `flush` is called when the connection has drained. */
  writable(): boolean;
  write(frame: Buffer): void;
}

/**
 * The replies to one client. While its connection is above the high-water mark they are coalesced to the latest counts of
 * each watched item, one pong and one reply to `ping` messages, so that a client that does not read cannot use more memory.
 */
class PendingReplies {
  readonly #writer: ReplyWriter;
  readonly #counts = new Map<number, ItemCounts>();
  #pong: Buffer | null = null;
  #ping = false;

  constructor(writer: ReplyWriter) {
    this.#writer = writer;
  }

  /** Sends changed counts, now or when the connection has drained. */
  counts(changed: readonly ItemCounts[]): void {
    for (const counts of changed) this.#counts.set(counts.id, counts);
    this.flush();
  }

  /** Drops unsent counts: their items are no longer watched. */
  dropCounts(): void {
    this.#counts.clear();
  }

  /** Answers a ping frame. Of several unanswered ones only the latest is answered (RFC 6455 §5.5.3). */
  pong(payload: Buffer): void {
    this.#pong = framePong(payload);
    this.flush();
  }

  /** Answers a message of type `ping`. Several unanswered ones get one reply. */
  ping(): void {
    this.#ping = true;
    this.flush();
  }

  /** Writes the replies, until the connection is above the high-water mark. */
  flush(): void {
    if (this.#pong !== null && this.#writer.writable()) {
      this.#writer.write(this.#pong);
      this.#pong = null;
    }
    if (this.#ping && this.#writer.writable()) {
      this.#writer.write(pingMessage);
      this.#ping = false;
    }
    if (this.#counts.size > 0 && this.#writer.writable()) {
      const items = [...this.#counts.values()];
      this.#counts.clear();
      this.#writer.write(frameText(JSON.stringify({ type: 'counts', items })));
    }
  }
}
