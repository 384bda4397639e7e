/** A reader's choice of items: fields are AND-ed, the values of one field OR-ed. An empty field does not restrict. */
export interface Filter {
  /** Slugs of sections. */
  readonly sections: readonly string[];
  /** Ids of sources, as owner or "also in". */
  readonly sources: readonly string[];
  /** Lower-cased. */
  readonly categories: readonly string[];
  /** Primary subtags, lower-cased: `en` also takes `en-GB`. */
  readonly languages: readonly string[];
  /** The search language; null: none. */
  readonly q: string | null;
  /** Whether backfill is wanted too. */
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
