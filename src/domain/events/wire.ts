/**
 * The wire: what WebSocket, SSE and the JSON API say. Only types stand here, so that the published client can use
 * them in a browser without taking any of the server along.
 */

export type WireOp = 'add' | 'update' | 'remove';

/** An item on the wire. Text fields hold no markup, links are http(s) only, `html` is sanitised; times are ISO 8601 UTC. */
export interface WireItem {
  readonly id: number;
  /** The original; null when the publisher gave none. */
  readonly url: string | null;
  /** Our page of it, absolute. */
  readonly page: string;
  readonly title: string;
  readonly summary: string;
  /** Present up to 32 KB. */
  readonly html?: string;
  /** True when `html` was left out for its size: see `/api/items/:id`. */
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

/** What is left of an item that left the filter or was withdrawn. */
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

/** How often an item was read, and how many comments on it are shown. */
export interface WireCounts {
  readonly id: number;
  readonly reads: number;
  readonly comments: number;
  /** Grows with every change of the comments that are shown, also when they stay as many. */
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

export type ResetReason = 'cursor_too_old' | 'epoch_changed' | 'cursor_in_future' | 'replay_too_large';

/** One delivered event. `prev` is the seq of the previous event that matched the same filter. */
export type WireEvent = { readonly seq: number; readonly prev: number } & (
  | { readonly op: 'add'; readonly item: WireItem }
  | { readonly op: 'update'; readonly changed: readonly string[]; readonly item: WireItem }
  | { readonly op: 'remove'; readonly item: WireRemoved }
);

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

/** The answer of `GET /api/items`. */
export interface ItemsPage {
  readonly items: readonly WireItem[];
  /** Where the log stood when the items were read: subscribe with it, and nothing is missed or repeated. */
  readonly cursor: string;
  /** Pass as `before` for the next page; null on the last. */
  readonly next: string | null;
}
