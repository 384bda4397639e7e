import type { ResetReason, WireChange, WireCounts, WireFilter, WireItem } from '../domain/events/wire.ts';

/** Stores the cursor between two runs, so that a restart misses nothing. Both methods may be asynchronous. */
export interface CursorStorage {
  /** The last written cursor; null: none. */
  read(): string | null | Promise<string | null>;
  /** Called after all events up to this cursor have been handled. */
  write(cursor: string): void | Promise<void>;
}

/**
 * An event of an item. `add` and `update` both carry the complete current item; `changed` names the fields that an update
 * changed. `remove`: the item was withdrawn, or no longer matches the filter.
 */
export type ItemEvent = { readonly seq: number } & WireChange;

/** The events since the cursor cannot be replayed: replace the displayed items by these. */
export interface ResetEvent {
  readonly reason: ResetReason;
  /** The newest matching items, newest first; empty when `snapshotLimit` is 0. */
  readonly items: readonly WireItem[];
  /** The cursor from which the client continues. */
  readonly cursor: string;
}

/**
 * - `connecting`: a connection is being opened.
 * - `catching-up`: connected; missed events are being replayed.
 * - `live`: all events up to now have been received.
 * - `waiting`: disconnected; the next attempt is scheduled.
 * - `closed`: permanently, by `close()` or because the server refused the request.
 */
export type ClientState = 'connecting' | 'catching-up' | 'live' | 'waiting' | 'closed';

/** An error. Unless it is `fatal`, the client continues by itself. */
export interface ClientError {
  /** `handler_failed`, `storage_failed`, `snapshot_failed`, `connection_failed`, or a code of the server: `bad_filter`, … */
  readonly code: string;
  readonly message: string;
  /** True: the client has closed itself, since another attempt would fail in the same way. */
  readonly fatal: boolean;
  /** The exception of a listener, the storage or the network. */
  readonly cause?: unknown;
}

/** The events of a client. */
export interface ClientEvents {
  item: ItemEvent;
  live: { readonly cursor: string };
  state: ClientState;
  reset: ResetEvent;
  /** Counts of watched items: all at first, then those that changed. */
  counts: readonly WireCounts[];
  error: ClientError;
}

/** A listener. The next event is emitted after its promise has settled. */
export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void | Promise<void>;

/** The part of a WebSocket that the client uses. */
export interface SocketLike {
  /** Called only after the first message of the server. */
  send(text: string): void;
  /** May be called at any time, and repeatedly. */
  close(): void;
}

/** Callbacks of a WebSocket. */
export interface SocketListener {
  message(data: unknown): void;
  /** Called once, also when the connection could not be opened. */
  closed(code: number, reason: string): void;
}

/** The part of `Response` that the client uses. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly body: { getReader(): BodyReader } | null;
  json(): Promise<unknown>;
}

/** The part of `ReadableStreamDefaultReader` that the client uses. */
export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** The platform functions that the client uses: globals of a browser or Node, or replacements in a test. */
export interface ClientRuntime {
  /** Null: not available, or not to be used. */
  readonly openSocket: ((url: string, protocol: string, listener: SocketListener) => SocketLike) | null;
  fetch(
    url: string,
    options: { readonly signal: AbortSignal; readonly headers?: Record<string, string> },
  ): Promise<ResponseLike>;
  random(): number;
  /** Calls `run` after `ms`; the returned function cancels it. */
  setTimer(ms: number, run: () => void): () => void;
}

/** Options of a client. */
export interface ClientOptions {
  /** Fields are combined with AND, the values of one field with OR. Default: everything. */
  readonly filter?: WireFilter;
  /** Instead of `filter`: up to four filters, any of which may match. */
  readonly filters?: readonly WireFilter[];
  /**
   * Where to start when the storage has no cursor: a cursor, `head` (only future events), or `floor` (as far back as the
   * server replays). Default: `head`.
   */
  readonly after?: string;
  readonly storage?: CursorStorage;
  /** Number of items in the snapshot after a reset, at most 500; 0: no snapshot. Default: 100. */
  readonly snapshotLimit?: number;
  readonly runtime?: Partial<ClientRuntime>;
}
