import type { ResetReason, WireCounts, WireFilter, WireItem, WireRemoved } from '../domain/events/wire.ts';

/** Where a client keeps its place between two runs, so that a restart misses nothing. Both may be asynchronous. */
export interface CursorStorage {
  /** The cursor that was written last; null when there is none. */
  read(): string | null | Promise<string | null>;
  /** Called after the items up to this cursor have been handled, never before. */
  write(cursor: string): void | Promise<void>;
}

/** One item that was added, changed or taken back. `add` and `update` both mean: this is the item now. */
export type ItemEvent =
  | { readonly op: 'add'; readonly seq: number; readonly item: WireItem }
  | {
      readonly op: 'update';
      readonly seq: number;
      readonly item: WireItem;
      /** Names of the fields that changed. */
      readonly changed: readonly string[];
    }
  /** The item was withdrawn, or no longer matches the filter. */
  | { readonly op: 'remove'; readonly seq: number; readonly item: WireRemoved };

/** The server cannot tell what happened since our place: what is shown must be replaced by these items. */
export interface ResetEvent {
  readonly reason: ResetReason;
  /** The newest items that match any of the filters, newest first; empty when snapshots are off. */
  readonly items: readonly WireItem[];
  /** Where the client goes on. */
  readonly cursor: string;
}

/**
 * - `connecting`: a connection is being made.
 * - `catching-up`: connected; what was missed is arriving.
 * - `live`: everything up to now is here.
 * - `waiting`: the connection is lost; the next attempt comes by itself.
 * - `closed`: for good, by `close()` or because the server refused what was asked.
 */
export type ClientState = 'connecting' | 'catching-up' | 'live' | 'waiting' | 'closed';

/** Something went wrong. Unless `fatal`, the client carries on by itself. */
export interface ClientError {
  /** `handler_failed`, `storage_failed`, `snapshot_failed`, or the server's own word: `bad_filter`, `bad_message`, … */
  readonly code: string;
  readonly message: string;
  /** True: the client has closed itself; trying again would repeat the fault. */
  readonly fatal: boolean;
  /** What a handler, the storage or the network threw. */
  readonly cause?: unknown;
}

/** What can be listened to. */
export interface ClientEvents {
  item: ItemEvent;
  live: { readonly cursor: string };
  state: ClientState;
  reset: ResetEvent;
  /** Of items that are watched: all at first, then those that changed. */
  counts: readonly WireCounts[];
  error: ClientError;
}

/** A listener. The next event waits until the promise of this one is settled. */
export type Listener<Name extends keyof ClientEvents> = (event: ClientEvents[Name]) => void | Promise<void>;

/** A WebSocket, as far as the client uses one. */
export interface SocketLike {
  /** Only called when the server has spoken. */
  send(text: string): void;
  /** May be called at any time, and twice. */
  close(): void;
}

/** What a WebSocket tells. */
export interface SocketListener {
  message(data: unknown): void;
  /** Called once, also when the connection was never made. */
  closed(code: number, reason: string): void;
}

/** The part of the standard `Response` that is used. */
export interface ResponseLike {
  readonly ok: boolean;
  readonly status: number;
  readonly body: { getReader(): BodyReader } | null;
  json(): Promise<unknown>;
}

/** The part of the standard `ReadableStreamDefaultReader` that is used. */
export interface BodyReader {
  read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>;
}

/** What the client takes from its surroundings: a browser's or Node's globals, or a test's own. */
export interface ClientRuntime {
  /** Null: there is none here, or it shall not be used. */
  readonly openSocket: ((url: string, protocol: string, listener: SocketListener) => SocketLike) | null;
  fetch(
    url: string,
    options: { readonly signal: AbortSignal; readonly headers?: Record<string, string> },
  ): Promise<ResponseLike>;
  random(): number;
  /** Calls `run` after a while, until the returned function is called. */
  after(ms: number, run: () => void): () => void;
}

/** What a client is made with. Everything is optional. */
export interface ClientOptions {
  /** Fields are AND-ed, the values of one field OR-ed. Default: everything. */
  readonly filter?: WireFilter;
  /** Instead of `filter`: up to four filters, of which any may match. */
  readonly filters?: readonly WireFilter[];
  /**
   * Where to begin when the storage holds no place: a cursor, `head` (only what comes from now on), or `floor` (as far
   * back as the server's log goes). Default: `head`.
   */
  readonly after?: string;
  readonly storage?: CursorStorage;
  /** Items of the snapshot after a reset, at most 500; 0: none is fetched. Default: 100. */
  readonly snapshotLimit?: number;
  readonly runtime?: Partial<ClientRuntime>;
}
