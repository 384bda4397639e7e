import type { Item } from './item.ts';

/** Numbers of reads and comments of an item. */
export interface ItemCounts {
  readonly id: number;
  readonly reads: number;
  /** Approved comments. */
  readonly comments: number;
  /** Increases with every change of the approved comments. */
  readonly commentsRevision: number;
}

/** An item and its number of reads within a period. */
export interface MostRead {
  readonly item: Item;
  readonly reads: number;
}
