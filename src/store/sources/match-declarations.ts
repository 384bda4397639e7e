import { displayUrl } from '../../domain/masking.ts';
import type { Source } from '../../domain/polling/source.ts';

/** The columns of a stored source that declarations are compared with. */
export interface StoredSource {
  readonly ref: number;
  readonly id: string;
  readonly idDeclared: boolean;
  readonly url: string;
  readonly declarationHash: string;
  readonly removedMs: number | null;
}

/** The stored source of each declared one; null: not stored yet. */
export type DeclarationMatches = ReadonlyMap<Source, StoredSource | null>;

/** The stored sources that are not matched yet, found by id or by URL. */
class Unclaimed {
  readonly #byId = new Map<string, StoredSource>();
  readonly #byUrl = new Map<string, StoredSource[]>();
  readonly #byHash = new Map<string, StoredSource>();
  readonly #taken = new Set<number>();

  constructor(stored: readonly StoredSource[]) {
    // Those still declared come first: a removed one gets its state back only when no other claims the URL.
    const inOrder = [...stored].sort((a, b) => Number(a.removedMs !== null) - Number(b.removedMs !== null));
    for (const source of inOrder) {
      this.#byId.set(source.id, source);
      if (!source.idDeclared && !this.#byHash.has(source.declarationHash))
        this.#byHash.set(source.declarationHash, source);
      this.#byUrl.set(source.url, [...(this.#byUrl.get(source.url) ?? []), source]);
    }
  }

  take(source: StoredSource | undefined): StoredSource | null {
    if (source === undefined || this.#taken.has(source.ref)) return null;
    this.#taken.add(source.ref);
    return source;
  }

  byId(id: string): StoredSource | null {
    return this.take(this.#byId.get(id));
  }

  written(id: string): StoredSource | null {
    const source = this.#byId.get(id);
    return source?.idDeclared === true ? this.take(source) : null;
  }

  same(id: string, url: string): StoredSource | null {
    const source = this.#byId.get(id);
    return source?.url === url ? this.take(source) : null;
  }

  /** URLs that differ only in their secrets are distinguished by the hash of the complete URL. */
  sameHash({ hidden, idDeclared, declarationHash }: Source): StoredSource | null {
    if (hidden === null || idDeclared) return null;
    return this.take(this.#byHash.get(declarationHash));
  }

  /** State follows the URL only if the operator never declared the id: a declared id takes precedence. */
  byUrl(url: string): StoredSource | null {
    const candidates = this.#byUrl.get(url) ?? [];
    return this.take(candidates.find(({ ref, idDeclared }) => !idDeclared && !this.#taken.has(ref)));
  }
}

/**
 * Finds the stored source of each declared one: the same id and URL; else the id, where it was written down before and
 * is now; else the URL, where the stored id was not written; else the id. In rounds over all of them, so that the order
 * of the files does not decide who gets what.
 */
export function matchDeclarations(declared: readonly Source[], stored: readonly StoredSource[]): DeclarationMatches {
  const unclaimed = new Unclaimed(stored);
  const matches = new Map<Source, StoredSource>();
  const rounds: ((source: Source) => StoredSource | null)[] = [
    (source) => unclaimed.sameHash(source),
    (source) => unclaimed.same(source.id, displayUrl(source)),
    (source) => (source.idDeclared ? unclaimed.written(source.id) : null),
    (source) => unclaimed.byUrl(displayUrl(source)),
    (source) => unclaimed.byId(source.id),
  ];
  for (const find of rounds) {
    for (const source of declared) {
      const found = matches.has(source) ? null : find(source);
      if (found !== null) matches.set(source, found);
    }
  }
  return new Map(declared.map((source) => [source, matches.get(source) ?? null]));
}
