import type { Item } from './item.ts';

/** How often an item was read and commented on. */
export interface ItemCounts {
  readonly id: number;
  readonly reads: number;
  /** Those that are shown. */
  readonly comments: number;
  /** Grows with every change of the comments that are shown. */
  readonly commentsRevision: number;
}

/** An item and how often it was read in some time. */
export interface MostRead {
  readonly item: Item;
  readonly reads: number;
}
