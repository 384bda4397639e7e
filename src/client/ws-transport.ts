import type { ServerMessage, WireFilter } from '../domain/events/wire.ts';
import type { ClientRuntime, SocketLike } from './client-types.ts';
import { MessageQueue, type Transport, type TransportEnd, type TransportMessage, Watchdog } from './transport.ts';

const subprotocol = 'newswire.v1.json';
const openTimeoutMs = 15_000;

/** Transport over WebSocket. */
export class WebSocketTransport implements Transport {
  readonly #socket: SocketLike;
  readonly #filters: readonly WireFilter[];
  readonly #inbox = new MessageQueue();
  readonly #watchdog: Watchdog;
  #end: TransportEnd = { established: false, code: null, reason: 'no connection', fatal: false };
  #after: string | null = null;
  #watched: readonly number[] = [];
  #subscriptions = 0;
  #isWelcomed = false;
  #finished = false;
  /** Set between `subscribe` and `subscribed`: messages in between belong to the earlier subscription. */
  #subscribing = false;

  /** @throws the exception of opening the socket, such as a browser's refusal of `ws:` on an https page. */
  constructor(
    url: string,
    filters: readonly WireFilter[],
    { openSocket, setTimer: after }: Pick<ClientRuntime, 'openSocket' | 'setTimer'>,
  ) {
    if (openSocket === null) throw new Error('WebSocket is not available');
    this.#filters = filters;
    this.#socket = openSocket(url, subprotocol, {
      message: (data) => this.#receive(data),
      closed: (code, reason) => this.#finish(code, reason),
    });
    this.#watchdog = new Watchdog(after, openTimeoutMs, () => this.#finish(null, 'timeout'));
  }

  get end(): TransportEnd {
    return this.#end;
  }

  subscribe(after: string): void {
    if (this.#finished) return;
    this.#inbox.clear();
    this.#after = after;
    this.#subscribing = true;
    if (this.#isWelcomed) this.#sendSubscribe();
  }

  watch(items: readonly number[]): void {
    this.#watched = items;
    if (this.#isWelcomed && !this.#finished) this.#send({ type: 'watch', items });
  }

  next(): Promise<TransportMessage | null> {
    return this.#inbox.next();
  }

  close(): void {
    this.#inbox.clear();
    this.#finish(1000, 'closed');
  }

  #sendSubscribe(): void {
    if (this.#after === null) return;
    if (this.#subscriptions > 0) this.#send({ type: 'unsubscribe', id: this.#id });
    this.#subscriptions += 1;
    const [filter] = this.#filters;
    const wanted = this.#filters.length === 1 ? { filter } : { filters: this.#filters };
    this.#send({ type: 'subscribe', id: this.#id, after: this.#after, ...wanted });
    // Repeated with each subscription: counts that were queued for the earlier one have been dropped.
    if (this.#watched.length > 0) this.#send({ type: 'watch', items: this.#watched });
  }

  get #id(): string {
    return `s${this.#subscriptions}`;
  }

  #send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  #receive(data: unknown): void {
    if (this.#finished) return;
    this.#watchdog.touch();
    const message = typeof data === 'string' ? readMessage(data) : null;
    if (message !== null && this.#isForClient(message)) this.#inbox.push(message);
  }

  /** Updates the state of the transport. Returns whether the message is for the client. */
  #isForClient(message: ServerMessage): boolean {
    switch (message.type) {
      case 'welcome':
        this.#isWelcomed = true;
        this.#watchdog.expectEvery(message.pingIntervalMs);
        this.#sendSubscribe();
        return false;
      case 'subscribed':
        if (message.id === this.#id) this.#subscribing = false;
        return message.id === this.#id;
      case 'item':
      case 'items':
      case 'live':
      case 'pos':
        return !this.#subscribing;
      case 'reset':
        return message.id === this.#id;
      case 'error':
        // The previous subscription may have ended before our `unsubscribe` arrived.
        return message.code !== 'unknown_subscription';
      case 'bye':
        this.#end = {
          established: this.#isWelcomed,
          code: message.code,
          reason: message.reason,
          fatal: isFatal(message.code),
        };
        return true;
      default:
        return true;
    }
  }

  #finish(code: number | null, reason: string): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#watchdog.stop();
    if (this.#end.code === null) this.#end = { established: this.#isWelcomed, code, reason, fatal: isFatal(code) };
    this.#inbox.close();
    this.#socket.close();
  }
}

/** Codes from 4500 on: another attempt would fail in the same way. */
function isFatal(code: number | null): boolean {
  return code !== null && code >= 4500 && code <= 4999;
}

function readMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ServerMessage) : null;
  } catch {
    // Not a Newswire message, for example a proxy's page. Ignore it; the watchdog closes a connection without messages.
    return null;
  }
}
