import type { CursorStatus, EventOp } from './event.ts';

/**
 * The messages of WebSocket, SSE and the JSON API. Types only, so that the published client can use them in a browser without
 * any code of the server.
 */

/** An item. Text fields contain no markup, links are http(s), `html` is sanitised; times are ISO 8601 UTC. */
export interface WireItem {
  readonly id: number;
  /** The publisher's page; null: none given. */
  readonly url: string | null;
  /** This server's page of the item; absolute. */
  readonly page: string;
  readonly title: string;
  readonly summary: string;
  /** Present up to 32 KB. */
  readonly html?: string;
  /** True when `html` exceeds 32 KB; `/api/items/:id` returns it. */
  readonly htmlOmitted?: true;
  readonly author: string | null;
  readonly source: { readonly id: string; readonly title: string };
  readonly alsoIn: readonly { readonly id: string; readonly title: string }[];
  readonly section: string;
  readonly categories: readonly string[];
  readonly language: string | null;
  readonly image: string | null;
  readonly enclosures: readonly {
    readonly url: string;
    readonly type: string | null;
    readonly length: number | null;
  }[];
  readonly publishedAt: string | null;
  readonly updatedAt: string | null;
  readonly firstSeenAt: string;
  readonly revision: number;
  readonly backfill: boolean;
}

/** The item of a `remove`: withdrawn, or no longer in the filter. */
export interface WireRemoved {
  readonly id: number;
  readonly url: string | null;
}

export interface WireFilter {
  readonly sections?: readonly string[];
  readonly sources?: readonly string[];
  readonly categories?: readonly string[];
  readonly languages?: readonly string[];
  readonly q?: string;
  readonly backfill?: boolean;
}

/** Reads and visible comments of an item. */
export interface WireCounts {
  readonly id: number;
  readonly reads: number;
  readonly comments: number;
  /** Grows with every change of the visible comments, even if their number stays the same. */
  readonly commentsRevision: number;
}

export type ClientMessage =
  | {
      readonly type: 'subscribe';
      readonly id: string;
      readonly after?: string;
      readonly filter?: WireFilter;
      readonly filters?: readonly WireFilter[];
    }
  | { readonly type: 'unsubscribe'; readonly id: string }
  | { readonly type: 'watch'; readonly items: readonly number[] }
  | { readonly type: 'ping' }
  | { readonly type: 'pong' };

export type ResetReason = Exclude<CursorStatus, 'valid'> | 'replay_too_large';

/** One delivered event. `prev` is the seq of the previous event that matched the same filter. */
export type WireEvent = { readonly seq: number; readonly prev: number } & WireChange;

/** What an event carries, by its op. */
export type WireChange = { readonly [Op in EventOp]: { readonly op: Op } & WirePayloads[Op] }[EventOp];

interface WirePayloads {
  readonly add: { readonly item: WireItem };
  readonly update: { readonly changed: readonly string[]; readonly item: WireItem };
  readonly remove: { readonly item: WireRemoved };
}

export type ServerMessage =
  | {
      readonly type: 'welcome';
      readonly v: 1;
      readonly epoch: string;
      readonly head: number;
      readonly floor: number;
      readonly pingIntervalMs: number;
      readonly maxAgeMs: number;
      readonly limits: { readonly subscriptions: number; readonly messageBytes: number; readonly filterValues: number };
    }
  | {
      readonly type: 'subscribed';
      readonly id: string;
      readonly ch: string;
      readonly after: string;
      readonly head: number;
    }
  | ({ readonly type: 'item'; readonly ch: string } & WireEvent)
  | { readonly type: 'items'; readonly ch: string; readonly list: readonly WireEvent[] }
  | { readonly type: 'live'; readonly ch: string; readonly seq: number; readonly prev: number }
  | { readonly type: 'pos'; readonly ch: string; readonly seq: number; readonly prev: number }
  | {
      readonly type: 'counts';
      readonly items: readonly WireCounts[];
    }
  | {
      readonly type: 'reset';
      readonly id: string;
      readonly reason: ResetReason;
      readonly epoch: string;
      readonly floor: number;
      readonly head: number;
    }
  | { readonly type: 'error'; readonly id?: string; readonly code: string; readonly message: string }
  | { readonly type: 'ping' }
  | { readonly type: 'bye'; readonly code: number; readonly reason: string; readonly retryAfterMs: number };

/** Response of `GET /api/items`. */
export interface ItemsPage {
  readonly items: readonly WireItem[];
  /** Position of the log when the items were read. A subscription after it misses and repeats nothing. */
  readonly cursor: string;
  /** Pass as `before` for the next page; null on the last. */
  readonly next: string | null;
}
