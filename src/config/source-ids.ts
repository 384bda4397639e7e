import { slug } from '../domain/slug.ts';

const maxIdChars = 80;
/** Space for the suffix that makes an id unique. */
const suffixChars = 6;

/** Derives the ids of sources that declare none. */
export class SourceIds {
  readonly #taken: Set<string>;
  /** The next number to try, by id without number: many titles may be equal. */
  readonly #numbers = new Map<string, number>();

  /** @param taken ids that are not derived. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /**
   * An id that no other source has, with a number if necessary.
   *
   * @param text the title of the source, else its URL.
   */
  derive(text: string): string {
    const base = [...slug(text)]
      .slice(0, maxIdChars - suffixChars)
      .join('')
      .replace(/-+$/, '');
    let number = this.#numbers.get(base) ?? 1;
    let id = number === 1 ? base : `${base}-${number}`;
    while (this.#taken.has(id)) {
      number += 1;
      id = `${base}-${number}`;
    }
    this.#numbers.set(base, number);
    this.#taken.add(id);
    return id;
  }
}
