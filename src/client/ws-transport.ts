import type { ServerMessage, WireFilter } from '../domain/events/wire.ts';
import type { ClientRuntime, SocketLike } from './client-types.ts';
import { MessageQueue, type Transport, type TransportEnd, type TransportMessage, Watchdog } from './transport.ts';

const subprotocol = 'newswire.v1.json';
const openTimeoutMs = 15_000;

/** A link over WebSocket. */
export class WebSocketTransport implements Transport {
  readonly #socket: SocketLike;
  readonly #filters: readonly WireFilter[];
  readonly #inbox = new MessageQueue();
  readonly #watchdog: Watchdog;
  #end: TransportEnd = { established: false, code: null, reason: 'no connection', fatal: false };
  #after: string | null = null;
  #watched: readonly number[] = [];
  #subscriptions = 0;
  #spoke = false;
  #finished = false;
  /** Set between asking for a place and being put on it: what comes until then is of an earlier one. */
  #placing = false;

  /** @throws what opening throws, such as a browser's refusal of `ws:` from a page that came by https. */
  constructor(
    url: string,
    filters: readonly WireFilter[],
    { openSocket, after }: Pick<ClientRuntime, 'openSocket' | 'after'>,
  ) {
    if (openSocket === null) throw new Error('there is no WebSocket here');
    this.#filters = filters;
    this.#socket = openSocket(url, subprotocol, {
      message: (data) => this.#receive(data),
      closed: (code, reason) => this.#finish(code, reason),
    });
    this.#watchdog = new Watchdog(after, openTimeoutMs, () => this.#finish(null, 'nothing was heard'));
  }

  get end(): TransportEnd {
    return this.#end;
  }

  subscribe(after: string): void {
    if (this.#finished) return;
    this.#inbox.clear();
    this.#after = after;
    this.#placing = true;
    if (this.#spoke) this.#ask();
  }

  watch(items: readonly number[]): void {
    this.#watched = items;
    if (this.#spoke && !this.#finished) this.#send({ type: 'watch', items });
  }

  next(): Promise<TransportMessage | null> {
    return this.#inbox.next();
  }

  close(): void {
    this.#inbox.clear();
    this.#finish(1000, 'closed');
  }

  #ask(): void {
    if (this.#after === null) return;
    if (this.#subscriptions > 0) this.#send({ type: 'unsubscribe', id: this.#id });
    this.#subscriptions += 1;
    const [filter] = this.#filters;
    const wanted = this.#filters.length === 1 ? { filter } : { filters: this.#filters };
    this.#send({ type: 'subscribe', id: this.#id, after: this.#after, ...wanted });
    // Asked anew with each place: counts that waited when the place was given up are gone.
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
    if (message !== null && this.#concerns(message)) this.#inbox.push(message);
  }

  /** Takes note of what a message means for the link. False: it is not for the client. */
  #concerns(message: ServerMessage): boolean {
    switch (message.type) {
      case 'welcome':
        this.#spoke = true;
        this.#watchdog.expectEvery(message.pingIntervalMs);
        this.#ask();
        return false;
      case 'subscribed':
        if (message.id === this.#id) this.#placing = false;
        return message.id === this.#id;
      case 'item':
      case 'items':
      case 'live':
      case 'pos':
        return !this.#placing;
      case 'reset':
        return message.id === this.#id;
      case 'error':
        // The subscription that we leave may have ended by itself in the meantime.
        return message.code !== 'unknown_subscription';
      case 'bye':
        this.#end = {
          established: this.#spoke,
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
    if (this.#end.code === null) this.#end = { established: this.#spoke, code, reason, fatal: isFatal(code) };
    this.#inbox.close();
    this.#socket.close();
  }
}

/** Codes from 4500 on say that the fault is ours. */
function isFatal(code: number | null): boolean {
  return code !== null && code >= 4500 && code <= 4999;
}

function readMessage(text: string): ServerMessage | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value ? (value as ServerMessage) : null;
  } catch {
    // Not from a Newswire: a proxy's page, say. Nothing can be done with it, and the watchdog sees to the rest.
    return null;
  }
}
