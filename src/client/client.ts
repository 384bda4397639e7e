import type { ItemsPage, WireFilter } from '../domain/events/wire.ts';
import type {
  ClientError,
  ClientEvents,
  ClientOptions,
  ClientRuntime,
  ClientState,
  Listener,
  SocketLike,
  SocketListener,
} from './client-types.ts';
import { ConnectionAborted, EventEmitter } from './event-emitter.ts';
import { type ServerUrls, serverUrls } from './server-urls.ts';
import { SseTransport } from './sse-transport.ts';
import { StreamConsumer } from './stream-consumer.ts';
import { ReconnectBackoff, type Transport, type TransportEnd, type TransportMessage } from './transport.ts';
import { WebSocketTransport } from './ws-transport.ts';

export type { WireCounts, WireFilter, WireItem, WireRemoved } from '../domain/events/wire.ts';
export type * from './client-types.ts';

const defaultSnapshotLimit = 100;
const snapshotTimeoutMs = 30_000;
/** Consecutive WebSocket failures before the first message, after which WebSocket is considered blocked. */
const blockedAfter = 2;

/**
 * A client of a Newswire server. It emits each event once and in order, reconnects by itself and resumes from its cursor,
 * detects missing events, and emits `reset` when the server can no longer replay them.
 *
 * ```ts
 * import { NewswireClient } from 'newswire/client';
 *
 * const client = new NewswireClient('https://news.example.org', { filter: { sections: ['World'] } });
 * client.on('item', ({ op, item }) => console.log(op, item.title));
 * client.on('reset', ({ items }) => replaceList(items));
 * ```
 *
 * It connects in the next microtask, so that listeners can be added first. Listeners may be asynchronous: the next item
 * waits for them, and the cursor advances (and is stored) only afterwards. An item whose listener fails is emitted again
 * after a pause: with a `storage`, every item is handled at least once.
 */
export class NewswireClient {
  readonly #options: ClientOptions;
  readonly #filters: readonly WireFilter[];
  readonly #addresses: ServerUrls;
  readonly #runtime: ClientRuntime;
  readonly #emitter = new EventEmitter();
  readonly #reception: StreamConsumer;
  readonly #backoff: ReconnectBackoff;
  #transport: Transport | null = null;
  #watched: readonly number[] = [];
  #lastWasWebSocket = false;
  #failedSockets = 0;
  #minWaitMs = 0;
  /** Ends the current wait: a pause or a snapshot request. */
  #endWait: () => void = () => {};

  /**
   * @param url of the site, or of its `/live`; http(s) or ws(s).
   * @throws TypeError when `url` is invalid, when both `filter` and `filters` are given, or when `filters` is empty.
   */
  constructor(url: string, options: ClientOptions = {}) {
    this.#options = options;
    this.#filters = readFilters(options);
    this.#addresses = serverUrls(url, this.#filters);
    this.#runtime = { ...defaultRuntime(), ...options.runtime };
    this.#backoff = new ReconnectBackoff(this.#runtime.random);
    this.#reception = new StreamConsumer({
      emitter: this.#emitter,
      storage: options.storage,
      readSnapshot: (head) => this.#readSnapshot(head),
      onProgress: () => this.#backoff.reset(),
    });
    queueMicrotask(() => void this.#run());
  }

  get state(): ClientState {
    return this.#emitter.state;
  }

  /** All events up to this cursor have been handled. Null before the first response. */
  get cursor(): string | null {
    return this.#reception.cursor;
  }

  /** Adds a listener for `item`, `live`, `state`, `reset`, `counts` or `error`. */
  on<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#emitter.add(name, listener);
    return this;
  }

  off<Name extends keyof ClientEvents>(name: Name, listener: Listener<Name>): this {
    this.#emitter.remove(name, listener);
    return this;
  }

  /**
   * Requests `counts` of reads and comments for these items. Replaces the previous request. Counts are sent over a
   * WebSocket only, not over server-sent events.
   *
   * @param items ids of items, at most 200.
   */
  watch(items: readonly number[]): this {
    this.#watched = items;
    this.#transport?.watch(items);
    return this;
  }

  /** Closes the client permanently. */
  close(): void {
    this.#transport?.close();
    this.#endWait();
    void this.#emitter.setState('closed');
  }

  async #run(): Promise<void> {
    await this.#reception.restore();
    while (!this.#emitter.closed) {
      await this.#emitter.setState('connecting');
      const end = await this.#connect();
      if (end?.fatal) await this.#fail({ code: end.reason, message: `refused: ${end.reason}`, fatal: true });
      else await this.#pause();
    }
  }

  /** Runs one connection to its end. Returns null when it could not be opened. */
  async #connect(): Promise<TransportEnd | null> {
    const useWebSocket = this.#useWebSocket();
    this.#lastWasWebSocket = useWebSocket;
    this.#transport = null;
    try {
      if (!this.#emitter.closed) this.#transport = this.#openTransport(useWebSocket);
      if (this.#transport !== null) await this.#serve(this.#transport);
    } catch (cause) {
      if (!(cause instanceof ConnectionAborted)) {
        const message = 'cannot connect';
        await this.#emitter.emitError({ code: 'connection_failed', message, fatal: false, cause });
      }
    }
    const { end } = this.#transport ?? { end: null };
    this.#transport?.close();
    if (useWebSocket) this.#failedSockets = end?.established ? 0 : this.#failedSockets + 1;
    return this.#emitter.closed ? null : end;
  }

  /** WebSocket; once it seems blocked, SSE and WebSocket alternately, since networks change. */
  #useWebSocket(): boolean {
    if (this.#runtime.openSocket === null) return false;
    return this.#failedSockets < blockedAfter || !this.#lastWasWebSocket;
  }

  #openTransport(useWebSocket: boolean): Transport {
    if (!useWebSocket) return new SseTransport(this.#addresses, this.#runtime);
    return new WebSocketTransport(this.#addresses.live, this.#filters, this.#runtime);
  }

  async #serve(transport: Transport): Promise<void> {
    transport.watch(this.#watched);
    transport.subscribe(this.cursor ?? this.#options.after ?? 'head');
    for (let message = await transport.next(); message !== null; message = await transport.next()) {
      await this.#handle(message, transport);
    }
  }

  async #handle(message: TransportMessage, transport: Transport): Promise<void> {
    if (message.type === 'bye') {
      this.#minWaitMs = message.retryAfterMs;
    } else if (message.type === 'error') {
      const { id, code, message: text } = message;
      // An error with an id refuses our subscription. Asking again would fail in the same way.
      if (id === undefined) await this.#emitter.emitError({ code, message: text, fatal: false });
      else await this.#fail({ code, message: text, fatal: true });
    } else if (message.type === 'counts') {
      await this.#emitter.emit('counts', message.items);
    } else {
      await this.#reception.apply(message, transport);
    }
  }

  async #fail(problem: ClientError): Promise<void> {
    await this.#emitter.emitError(problem);
    this.close();
  }

  async #readSnapshot(head: string): Promise<Pick<ItemsPage, 'items' | 'cursor'>> {
    const limit = this.#options.snapshotLimit ?? defaultSnapshotLimit;
    if (limit === 0) return { items: [], cursor: head };
    const stop = new AbortController();
    this.#endWait = () => stop.abort();
    const cancel = this.#runtime.setTimer(snapshotTimeoutMs, this.#endWait);
    try {
      const response = await this.#runtime.fetch(this.#addresses.items(limit), { signal: stop.signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      return (await response.json()) as ItemsPage;
    } finally {
      cancel();
    }
  }

  async #pause(): Promise<void> {
    const waitMs = this.#backoff.nextDelayMs(this.#minWaitMs);
    this.#minWaitMs = 0;
    await this.#emitter.setState('waiting');
    if (this.#emitter.closed) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#runtime.setTimer(waitMs, resolve);
      this.#endWait = () => {
        cancel();
        resolve();
      };
    });
  }
}

function readFilters({ filter, filters }: ClientOptions): readonly WireFilter[] {
  if (filter !== undefined && filters !== undefined) throw new TypeError('use either filter or filters, not both');
  if (filters?.length === 0) throw new TypeError('filters is empty; omit it to receive everything');
  return filters ?? [filter ?? {}];
}

function openSocket(url: string, protocol: string, listener: SocketListener): SocketLike {
  const socket = new globalThis.WebSocket(url, protocol);
  socket.onmessage = ({ data }) => listener.message(data);
  // `error` carries no information; the `close` event that always follows it does.
  socket.onclose = ({ code, reason }) => listener.closed(code, reason);
  return socket;
}

/** The globals of a browser, or of Node 22 and later. */
function defaultRuntime(): ClientRuntime {
  return {
    openSocket: typeof globalThis.WebSocket === 'function' ? openSocket : null,
    fetch: (url, options) => globalThis.fetch(url, options),
    random: Math.random,
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  };
}
