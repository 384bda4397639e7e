import type { Facets } from '../../domain/events/event.ts';
import { normaliseFilterValue } from '../../domain/events/parse-filter.ts';
import { toSearchableText } from '../../domain/search/search-query.ts';

/** The facets of an item in comparable form, worked out once for all filters. */
export interface NormalisedFacets {
  readonly sections: readonly string[];
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  /** Null: the event does not say. */
  readonly sortMs: number | null;
  /** As `searchable` makes it; worked out on the first search, since most subscriptions have none. */
  searchText: string | null;
}

/** Sets of words that are kept: they are large, and needed only while an event is new. */
const maxWordSets = 64;

/** Work that the matchers of all filters share, forgotten with the events. */
export class FacetCache {
  readonly #prepared = new WeakMap<Facets, NormalisedFacets>();
  readonly #wordSets = new Map<NormalisedFacets, ReadonlySet<string>>();

  normalise(facets: Facets): NormalisedFacets {
    const before = this.#prepared.get(facets);
    if (before !== undefined) return before;
    const prepared: NormalisedFacets = {
      sections: facets.sections.map(normaliseFilterValue.sections),
      sources: facets.sources.map(normaliseFilterValue.sources),
      categories: facets.categories.map(normaliseFilterValue.categories),
      languages: facets.language === null ? [] : [normaliseFilterValue.languages(facets.language)],
      sortMs: facets.sortMs ?? null,
      searchText: null,
    };
    this.#prepared.set(facets, prepared);
    return prepared;
  }

  /** The text of an item for searches. */
  searchTextOf(facets: Facets, prepared: NormalisedFacets): string {
    prepared.searchText ??= toSearchableText(facets.text);
    return prepared.searchText;
  }

  /** Its words: so that a search for a hundred of them need not walk over the text a hundred times. */
  wordsOf(facets: Facets, prepared: NormalisedFacets): ReadonlySet<string> {
    const known = this.#wordSets.get(prepared);
    if (known !== undefined) return known;
    const words = new Set(this.searchTextOf(facets, prepared).split(' '));
    this.#wordSets.set(prepared, words);
    if (this.#wordSets.size > maxWordSets) {
      for (const oldest of this.#wordSets.keys()) {
        this.#wordSets.delete(oldest);
        break;
      }
    }
    return words;
  }
}
