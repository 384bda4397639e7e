import { WebSocket } from 'ws';
import { NewswireClient } from '../../../src/client/client.ts';
import type { ServerMessage, WireEvent, WireFilter } from '../../../src/domain/events/wire.ts';

/** A deliberate mistake of a client, which the comparison must detect. */
type Flaw = 'forgets its cursor' | 'applies repeats';

/** Connection and filter of a client. */
export interface ReaderOptions {
  readonly name: string;
  /** `http://host:port`; called for each connection. */
  readonly url: () => string;
  readonly filter: WireFilter;
  readonly random: () => number;
  /** Never sends JSON: its subscription is in the URL. */
  readonly plain?: true;
  readonly flaw?: Flaw;
  /** Keeps its connection to the end. */
  readonly stays?: true;
  /** Time without messages after which the connection is considered dead. */
  readonly patienceMs?: number;
}

/** A client that reads the log over connections that break. */
export interface SoakReader {
  readonly name: string;
  readonly filter: WireFilter;
  readonly flaw: Flaw | null;
  /** `add 17`: events that were applied, in order. */
  readonly applied: readonly string[];
  /** Position reached. */
  readonly last: number;
  readonly connections: number;
  /** Unexpected resets, gaps within a connection, refusals. */
  readonly problems: readonly string[];
  /** Reconnects at once; a client that is live after that has read everything. */
  refresh(): void;
  /** Whether the head of the log was reached since `refresh`. */
  isLive(): boolean;
  close(): void;
}

const defaultPatienceMs = 4000;

/** The receive rule: a position in the log and the events applied up to it. */
class Track {
  readonly applied: string[] = [];
  readonly problems: string[] = [];
  cursor: string | null = null;
  last = 0;
  live = false;

  begin(cursor: string): void {
    this.cursor = cursor;
    this.last = Number(cursor.slice(cursor.lastIndexOf('-') + 1));
  }

  /** @returns false when an earlier event is missing. */
  take(event: WireEvent): boolean {
    if (event.prev > this.last) return false;
    if (event.seq > this.last) this.applied.push(`${event.op} ${event.seq}`);
    this.reach(event.seq);
    return true;
  }

  reach(seq: number): void {
    if (seq <= this.last || this.cursor === null) return;
    this.last = seq;
    this.cursor = `${this.cursor.slice(0, this.cursor.lastIndexOf('-'))}-${seq}`;
  }
}

/** Connects a client over WebSocket, and reconnects until it is closed. */
export function startSocketReader(options: ReaderOptions): SoakReader {
  return new SocketReader(options);
}

class SocketReader implements SoakReader {
  readonly name: string;
  readonly filter: WireFilter;
  readonly flaw: Flaw | null;
  connections = 0;
  readonly #options: ReaderOptions;
  readonly #track = new Track();
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #leastMs = 0;
  #saved = 'floor';
  #closed = false;

  constructor(options: ReaderOptions) {
    this.name = options.name;
    this.filter = options.filter;
    this.flaw = options.flaw ?? null;
    this.#options = options;
    this.#connect();
  }

  get applied(): readonly string[] {
    return this.#track.applied;
  }

  get last(): number {
    return this.#track.last;
  }

  get problems(): readonly string[] {
    return this.#track.problems;
  }

  refresh(): void {
    if (this.#options.stays) return;
    this.#track.live = false;
    this.#socket?.terminate();
  }

  isLive(): boolean {
    return this.#track.live;
  }

  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.terminate();
  }

  get #after(): string {
    if (this.flaw === 'forgets its cursor' && this.connections > 1) return 'head';
    if (this.flaw === 'applies repeats') return this.#saved;
    return this.#track.cursor ?? 'floor';
  }

  #connect(): void {
    if (this.#closed) return;
    this.connections += 1;
    const base = `${this.#options.url().replace(/^http/, 'ws')}/live`;
    const socket = new WebSocket(this.#options.plain ? `${base}?${eventStreamUrl(this.filter, this.#after)}` : base);
    this.#socket = socket;
    socket.on('open', () => this.#touch(socket));
    socket.on('ping', () => this.#touch(socket));
    socket.on('message', (data) => {
      this.#touch(socket);
      if (this.#socket === socket) this.#receive(JSON.parse(String(data)) as ServerMessage, socket);
    });
    // `close` follows.
    socket.on('error', () => socket.terminate());
    socket.on('close', () => {
      if (this.#socket === socket) this.#comeBack();
    });
    this.#touch(socket);
  }

  #touch(socket: WebSocket): void {
    if (this.#socket !== socket || this.#closed) return;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => socket.terminate(), this.#options.patienceMs ?? defaultPatienceMs);
  }

  #comeBack(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket = null;
    const waitMs = Math.max(this.#leastMs, 20 + this.#options.random() * 200);
    this.#leastMs = 0;
    if (!this.#closed) this.#timer = setTimeout(() => this.#connect(), waitMs);
  }

  #receive(message: ServerMessage, socket: WebSocket): void {
    const track = this.#track;
    if (message.type === 'welcome' && !this.#options.plain) {
      socket.send(JSON.stringify({ type: 'subscribe', id: 's', after: this.#after, filter: this.filter }));
    } else if (message.type === 'subscribed') {
      this.#begin(message.after);
    } else if (message.type === 'item') {
      this.#take([message], socket);
    } else if (message.type === 'items') {
      this.#take(message.list, socket);
    } else if (message.type === 'live' || message.type === 'pos') {
      if (message.prev > track.last) this.#gap(`${message.type} ${message.seq}<${message.prev}`, socket);
      else track.reach(message.seq);
      track.live ||= message.type === 'live';
    } else if (message.type === 'bye') {
      this.#leastMs = message.retryAfterMs;
    } else if (message.type === 'reset' || message.type === 'error') {
      track.problems.push(JSON.stringify(message));
    }
  }

  #begin(after: string): void {
    const { cursor } = this.#track;
    if (cursor !== null && cursor !== after && this.flaw === null) {
      this.#track.problems.push(`put on ${after} instead of ${cursor}`);
    }
    this.#track.begin(after);
  }

  #take(events: readonly WireEvent[], socket: WebSocket): void {
    for (const event of events) {
      // Always resume at least one event back, so that even a single reconnection repeats an event.
      if (this.#track.applied.length % 10 === 0) this.#saved = this.#track.cursor ?? this.#saved;
      if (!this.#track.take(event)) {
        this.#gap(`${event.op} ${event.seq}<${event.prev}`, socket);
        return;
      }
    }
  }

  #gap(what: string, socket: WebSocket): void {
    this.#track.problems.push(`a gap at ${this.#track.last}: ${what}`);
    socket.terminate();
  }
}

/** The URL of a stream with a filter. */
function eventStreamUrl(filter: WireFilter, after: string): string {
  const params = new URLSearchParams({ after });
  for (const source of filter.sources ?? []) params.append('source', source);
  if (filter.q !== undefined) params.set('q', filter.q);
  if (filter.backfill) params.set('backfill', 'true');
  return params.toString();
}

/** Connects the published client, over WebSocket or SSE. */
export function startNewswireClient(options: ReaderOptions & { readonly overStream: boolean }): SoakReader {
  const { name, filter, random, overStream } = options;
  const track = new Track();
  const state = { connections: 1, client: connect() };

  function connect(): NewswireClient {
    const after = track.cursor ?? 'floor';
    // The published client keeps its URL, so it needs a proxy with a fixed port.
    const own = new NewswireClient(options.url(), {
      after,
      filter,
      snapshotLimit: 0,
      runtime: { random: () => random() * 0.2, ...(overStream ? { openSocket: null } : {}) },
    });
    own.on('item', ({ op, seq }) => {
      track.applied.push(`${op} ${seq}`);
      track.cursor = own.cursor;
    });
    own.on('state', (now) => {
      if (now === 'connecting') state.connections += 1;
      track.live = now === 'live';
    });
    own.on('reset', (notice) => {
      track.problems.push(`reset: ${notice.reason}`);
    });
    own.on('error', ({ code, fatal }) => {
      if (fatal) track.problems.push(code);
    });
    return own;
  }

  return {
    name,
    filter,
    flaw: null,
    applied: track.applied,
    problems: track.problems,
    get last() {
      return Number(state.client.cursor?.split('-').at(-1) ?? 0);
    },
    get connections() {
      return state.connections;
    },
    refresh() {
      // The client reconnects by itself; check its current state.
    },
    isLive: () => track.live,
    close: () => state.client.close(),
  };
}
