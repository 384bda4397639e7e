/** The kinds of events. Every decision by kind ends with `assertNever`, so that a new kind breaks the build there. */
export type EventOp = 'add' | 'update' | 'remove';

/** The properties of an item that filters match. */
export interface Facets {
  /** Sections of the item's own source and of "also in". */
  readonly sections: readonly string[];
  /** Ids of the item's own source and of "also in". */
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly language: string | null;
  /** Sort position of the item, for `after:` and `before:`; absent in older rows of the log. */
  readonly sortMs?: number;
  /** Title, author, summary and the first 16 KB of text, for `q`. */
  readonly text: string;
}

/** One row of the event log. `seq` increases by one in commit order. */
export interface LogEvent {
  readonly seq: number;
  readonly op: EventOp;
  readonly itemId: number;
  readonly backfill: boolean;
  /** Names of the changed fields, for `update`. */
  readonly changed: readonly string[];
  readonly facets: Facets;
  /** The facets before this event; null for `add`. */
  readonly previousFacets: Facets | null;
  /** The wire item as JSON without `page` (see `wireItemJson`); `{"id":…,"url":…}` for `remove`. */
  readonly body: string;
  readonly atMs: number;
}

/** Bounds of the event log. `floor` is the lowest seq present, `head + 1` when the log is empty. */
export interface LogBounds {
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
}

/** A position in the log: everything up to and including `seq` has been processed. */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
}

/** Whether events after a cursor can be read: `valid`, or the reason why not, as it is sent in a `reset`. */
export type CursorStatus = 'valid' | 'cursor_too_old' | 'epoch_changed' | 'cursor_in_future';

/**
 * The resume rule, the same for WebSocket, SSE, the API, webhooks and the CLI: events after a cursor can be read if it
 * belongs to this log and lies between the event before the oldest one and the head.
 */
export function checkCursor(cursor: Cursor, { epoch, head, floor }: LogBounds): CursorStatus {
  if (cursor.epoch !== epoch) return 'epoch_changed';
  if (cursor.seq > head) return 'cursor_in_future';
  return cursor.seq < floor - 1 ? 'cursor_too_old' : 'valid';
}

/** `k3f9-1042` */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}-${cursor.seq}`;
}

/** The inverse of `formatCursor`; null when the text is not a cursor. */
export function parseCursor(text: string): Cursor | null {
  const match = /^([a-z0-9]{1,32})-(0|[1-9]\d{0,15})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  const seq = Number(match[2]);
  return Number.isSafeInteger(seq) ? { epoch: match[1], seq } : null;
}
