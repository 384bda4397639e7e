import { slug } from '../domain/slug.ts';

/** The section of a source without one, if no sections are declared. */
const fallbackSection = 'News';

/** Sections in display order. Names that differ only in case or accents are the same section, as in URLs. */
export class SectionNames {
  /** The section of a source that names none. */
  readonly fallback: string;
  readonly #names = new Map<string, string>();

  constructor(declared: readonly string[]) {
    for (const name of declared) this.nameFor(name);
    this.fallback = declared[0] ?? fallbackSection;
  }

  /** The first spelling of a name; a new name is appended. Null: the default section. */
  nameFor(name: string | null): string {
    const section = name ?? this.fallback;
    const key = slug(section);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    this.#names.set(key, section);
    return section;
  }

  all(): readonly string[] {
    return [...this.#names.values()];
  }
}
