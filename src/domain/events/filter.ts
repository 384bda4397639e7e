/** A selection of items. Fields are combined with AND, the values of one field with OR. An empty field matches all items. */
export interface Filter {
  /** Slugs of sections. */
  readonly sections: readonly string[];
  /** Ids of sources: the item's own or "also in". */
  readonly sources: readonly string[];
  /** Lower-cased. */
  readonly categories: readonly string[];
  /** Primary subtags, lower-cased: `en` also matches `en-GB`. */
  readonly languages: readonly string[];
  /** A search query; null: none. */
  readonly q: string | null;
  /** Whether backfilled items match too. */
  readonly backfill: boolean;
}

export const everything: Filter = {
  sections: [],
  sources: [],
  categories: [],
  languages: [],
  q: null,
  backfill: false,
};
