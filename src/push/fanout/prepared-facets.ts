import type { Facets } from '../../domain/events/event.ts';
import { comparable } from '../../domain/events/parse-filter.ts';
import { searchable } from '../../domain/search/search-query.ts';

/** The facets of an item in comparable form, worked out once for all filters. */
export interface Prepared {
  readonly sections: readonly string[];
  readonly sources: readonly string[];
  readonly categories: readonly string[];
  readonly languages: readonly string[];
  /** Null: the event does not say. */
  readonly sortMs: number | null;
  /** As `searchable` makes it; worked out on the first search, since most subscriptions have none. */
  words: string | null;
}

/** Sets of words that are kept: they are large, and needed only while an event is new. */
const maxWordSets = 64;

/** Work that the matchers of all filters share, forgotten with the events. */
export class PreparedFacets {
  readonly #prepared = new WeakMap<Facets, Prepared>();
  readonly #wordSets = new Map<Prepared, ReadonlySet<string>>();

  of(facets: Facets): Prepared {
    const before = this.#prepared.get(facets);
    if (before !== undefined) return before;
    const prepared: Prepared = {
      sections: facets.sections.map(comparable.sections),
      sources: facets.sources.map(comparable.sources),
      categories: facets.categories.map(comparable.categories),
      languages: facets.language === null ? [] : [comparable.languages(facets.language)],
      sortMs: facets.sortMs ?? null,
      words: null,
    };
    this.#prepared.set(facets, prepared);
    return prepared;
  }

  /** The text of an item for searches. */
  textOf(facets: Facets, prepared: Prepared): string {
    prepared.words ??= searchable(facets.text);
    return prepared.words;
  }

  /** Its words: so that a search for a hundred of them need not walk over the text a hundred times. */
  wordsOf(facets: Facets, prepared: Prepared): ReadonlySet<string> {
    const known = this.#wordSets.get(prepared);
    if (known !== undefined) return known;
    const words = new Set(this.textOf(facets, prepared).split(' '));
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
