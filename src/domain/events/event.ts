export type EventOp = 'add' | 'update' | 'remove';

/** What a filter looks at. */
export interface Facets {
  /** Of every appearance. */
  readonly sections: readonly string[];
  /** Ids of the owner and of "also in". */
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly language: string | null;
  /** Where the item stands in views, for bounds of time; older rows of the log do not say it. */
  readonly sortMs?: number;
  /** Title, author, summary and the first 16 KB of text, for `q`. */
  readonly text: string;
}

/** One row of the log. `seq` is dense and grows in commit order. */
export interface LogEvent {
  readonly seq: number;
  readonly op: EventOp;
  readonly itemId: number;
  readonly backfill: boolean;
  /** What changed, for `update`. */
  readonly changed: readonly string[];
  readonly facets: Facets;
  /** The facets before this event; null for `add`. */
  readonly previousFacets: Facets | null;
  /** The wire item as JSON, all but `page` (see `wireItemJson`); `{"id":…,"url":…}` for `remove`. */
  readonly body: string;
  readonly atMs: number;
}

/** Where the log stands. `floor` is the lowest seq present, `head + 1` when the log is empty. */
export interface LogBounds {
  readonly epoch: string;
  readonly head: number;
  readonly floor: number;
}

/** A reader's place: "I have processed everything up to and including seq". */
export interface Cursor {
  readonly epoch: string;
  readonly seq: number;
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
