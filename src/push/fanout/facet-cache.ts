import type { Facets } from '../../domain/events/event.ts';
import { normaliseFilterValue } from '../../domain/events/parse-filter.ts';
import { toSearchableText } from '../../domain/search/search-query.ts';

/** Facets of an item in the normalised form of filters. */
export interface NormalisedFacets {
  readonly sections: readonly string[];
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  /** Null: events of older versions do not have it. */
  readonly sortMs: number | null;
  /** See `toSearchableText`. Computed on the first search: most subscriptions have no `q`. */
  searchText: string | null;
}

/** Cached word sets. They are large, and needed only while an event is new. */
const maxWordSets = 64;

/** Normalised facets shared by the matchers of all filters, garbage-collected with the events. */
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

  /** The words of that text as a set, so that a search for many words does not scan the text for each. */
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
