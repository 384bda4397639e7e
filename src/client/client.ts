import type { ItemsPage, WireFilter } from '../domain/events/wire.ts';
import { defaultRuntime } from './client-runtime.ts';
import type { ClientError, ClientEvents, ClientOptions, ClientRuntime, ClientState, Listener } from './client-types.ts';
import { ConnectionAborted, EventEmitter } from './event-emitter.ts';
import { ReconnectBackoff } from './reconnect-backoff.ts';
import { type ServerUrls, serverUrls } from './server-urls.ts';
import { SseTransport } from './sse-transport.ts';
import { StreamConsumer } from './stream-consumer.ts';
import type { Transport, TransportEnd, TransportMessage } from './transport.ts';
import { WebSocketTransport } from './ws-transport.ts';

export type { WireCounts, WireFilter, WireItem, WireRemoved } from '../domain/events/wire.ts';
export type * from './client-types.ts';

const defaultSnapshotLimit = 100;
const snapshotTimeoutMs = 30_000;
/** Connections that broke before the server spoke, after which a WebSocket counts as blocked. */
const blockedAfter = 2;

/**
 * A reader of a Newswire: tells each item once, in order, for as long as you like. It reconnects by itself, goes on
 * where it was, notices losses, and says so when the server can no longer tell what was missed.
 *
 * ```ts
 * import { NewswireClient } from 'newswire/client';
 *
 * const client = new NewswireClient('https://news.example.org', { filter: { sections: ['World'] } });
 * client.on('item', ({ op, item }) => console.log(op, item.title));
 * client.on('reset', ({ items }) => replaceList(items));
 * ```
 *
 * It begins after the present turn of the event loop, so that listeners can be added first. Listeners may be
 * asynchronous: the next item waits for them, and the place moves on (and is stored) only afterwards. An item whose
 * listener fails is told again after a pause: with a `storage`, every item is handled at least once.
 */
export class NewswireClient {
  readonly #options: ClientOptions;
  readonly #filters: readonly WireFilter[];
  readonly #addresses: ServerUrls;
  readonly #runtime: ClientRuntime;
  readonly #herald = new EventEmitter();
  readonly #reception: StreamConsumer;
  readonly #backoff: ReconnectBackoff;
  #link: Transport | null = null;
  #watched: readonly number[] = [];
  #lastOverSocket = false;
  #silentSockets = 0;
  #leastWaitMs = 0;
  /** Ends whatever is being waited for: a pause, a snapshot. */
  #endWait: () => void = () => {};

  /**
   * @param url of the site, or of its `/live`; http(s) or ws(s).
   * @throws TypeError when it is no URL, when both `filter` and `filters` are given, or `filters` is empty.
   */
  constructor(url: string, options: ClientOptions = {}) {
    this.#options = options;
    this.#filters = filtersOf(options);
    this.#addresses = serverUrls(url, this.#filters);
    this.#runtime = { ...defaultRuntime(), ...options.runtime };
    this.#backoff = new ReconnectBackoff(this.#runtime.random);
    this.#reception = new StreamConsumer({
      emitter: this.#herald,
      storage: options.storage,
      readSnapshot: (head) => this.#readSnapshot(head),
      onProgress: () => this.#backoff.reset(),
    });
    queueMicrotask(() => void this.#run());
  }

  /** How the client stands; see `ClientState`. */
  get state(): ClientState {
    return this.#herald.state;
  }

  /** The place that was reached: everything up to it has been handled. Null before the first answer. */
  get cursor(): string | null {
    return this.#reception.cursor;
  }

  /** Listens to `item`, `live`, `state`, `reset`, `counts` or `error`. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#herald.add(name, listener);
    return this;
  }

  /** Listens no more. */
  off<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#herald.remove(name, listener);
    return this;
  }

  /**
   * Asks to be told, by `counts`, how often these items were read and commented on, instead of those asked for before.
   * Only a WebSocket carries counts: while the client has to make do with server-sent events, none come.
   *
   * @param items ids of items, at most 200.
   */
  watch(items: readonly number[]): this {
    this.#watched = items;
    this.#link?.watch(items);
    return this;
  }

  /** Ends the client for good. */
  close(): void {
    this.#link?.close();
    this.#endWait();
    void this.#herald.setState('closed');
  }

  async #run(): Promise<void> {
    await this.#reception.restore();
    while (!this.#herald.closed) {
      await this.#herald.setState('connecting');
      const end = await this.#connect();
      if (end?.fatal) await this.#fail({ code: end.reason, message: `refused: ${end.reason}`, fatal: true });
      else await this.#pause();
    }
  }

  /** Serves one connection to its end; null: it could not even be begun. */
  async #connect(): Promise<TransportEnd | null> {
    const overSocket = this.#overSocket();
    this.#lastOverSocket = overSocket;
    this.#link = null;
    try {
      if (!this.#herald.closed) this.#link = this.#openLink(overSocket);
      if (this.#link !== null) await this.#serve(this.#link);
    } catch (cause) {
      if (!(cause instanceof ConnectionAborted)) {
        const message = 'no connection could be made';
        await this.#herald.emitError({ code: 'connection_failed', message, fatal: false, cause });
      }
    }
    const { end } = this.#link ?? { end: null };
    this.#link?.close();
    if (overSocket) this.#silentSockets = end?.established ? 0 : this.#silentSockets + 1;
    return this.#herald.closed ? null : end;
  }

  /** A WebSocket; once that seems blocked, a stream and a WebSocket by turns, since networks change. */
  #overSocket(): boolean {
    if (this.#runtime.openSocket === null) return false;
    return this.#silentSockets < blockedAfter || !this.#lastOverSocket;
  }

  #openLink(overSocket: boolean): Transport {
    if (!overSocket) return new SseTransport(this.#addresses, this.#runtime);
    return new WebSocketTransport(this.#addresses.live, this.#filters, this.#runtime);
  }

  async #serve(link: Transport): Promise<void> {
    link.watch(this.#watched);
    link.subscribe(this.cursor ?? this.#options.after ?? 'head');
    for (let message = await link.next(); message !== null; message = await link.next()) {
      await this.#handle(message, link);
    }
  }

  async #handle(message: TransportMessage, link: Transport): Promise<void> {
    if (message.type === 'bye') {
      this.#leastWaitMs = message.retryAfterMs;
    } else if (message.type === 'error') {
      const { id, code, message: text } = message;
      // What names our subscription refuses it: to ask again would be refused again.
      if (id === undefined) await this.#herald.emitError({ code, message: text, fatal: false });
      else await this.#fail({ code, message: text, fatal: true });
    } else if (message.type === 'counts') {
      await this.#herald.emit('counts', message.items);
    } else {
      await this.#reception.apply(message, link);
    }
  }

  async #fail(problem: ClientError): Promise<void> {
    await this.#herald.emitError(problem);
    this.close();
  }

  async #readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>> {
    const limit = this.#options.snapshotLimit ?? defaultSnapshotLimit;
    if (limit === 0) return { items: [], cursor: head };
    const stop = new AbortController();
    this.#endWait = () => stop.abort();
    const cancel = this.#runtime.after(snapshotTimeoutMs, this.#endWait);
    try {
      const response = await this.#runtime.fetch(this.#addresses.items(limit), { signal: stop.signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as ItemsPage;
    } finally {
      cancel();
    }
  }

  async #pause(): Promise<void> {
    const waitMs = this.#backoff.nextDelayMs(this.#leastWaitMs);
    this.#leastWaitMs = 0;
    await this.#herald.setState('waiting');
    if (this.#herald.closed) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#runtime.after(waitMs, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}

function filtersOf({ filter, filters }: ClientOptions): readonly WireFilter[] {
  if (filter !== undefined && filters !== undefined) throw new TypeError('give filter or filters, not both');
  if (filters?.length === 0) throw new TypeError('filters is empty: leave it out to ask for everything');
  return filters ?? [filter ?? {}];
}
