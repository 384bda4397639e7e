import { type ElementRole, roleOf } from './element-roles.ts';
import { canonicalPrefix } from './namespaces.ts';
import type { Dialect } from './repaired-xml.ts';

/** An element name resolved by the namespace declarations around it. */
export interface ResolvedName {
  /** Canonical prefix and local name in lower case: `dc:creator`, `pubdate`. */
  readonly canonical: string;
  readonly role: ElementRole;
  /** Whether the written name, in lower case, differs from the canonical one. */
  readonly differs: boolean;
}

/** The namespace declarations that apply to an element. Scopes form a chain; most elements share that of their parent. */
export class NamespaceScope {
  readonly #parent: NamespaceScope | null;
  readonly #dialect: Dialect;
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #names = new Map<string, ResolvedName>();

  /** @param prefixes canonical prefix by declared prefix; the key '' is the default namespace. */
  constructor(parent: NamespaceScope | null, dialect: Dialect, prefixes: ReadonlyMap<string, string>) {
    this.#parent = parent;
    this.#dialect = dialect;
    this.#prefixes = prefixes;
  }

  /** The scope of a child element with these attributes: this one if they declare no namespace. */
  childScope(attributes: ReadonlyMap<string, string>): NamespaceScope {
    const prefixes = readDeclarations(attributes, this.#dialect);
    return prefixes.size === 0 ? this : new NamespaceScope(this, this.#dialect, prefixes);
  }

  /** The number of distinct names resolved in this scope. */
  get size(): number {
    return this.#names.size;
  }

  /** Resolves a name as written in a tag. */
  resolveName(written: string): ResolvedName {
    const known = this.#names.get(written);
    if (known !== undefined) return known;
    const lower = written.toLowerCase();
    const colon = lower.indexOf(':');
    const declared = colon < 0 ? '' : lower.slice(0, colon);
    const prefix = this.#resolvePrefix(declared) ?? declared;
    const canonical = prefix === '' ? lower.slice(colon + 1) : `${prefix}:${lower.slice(colon + 1)}`;
    const resolved = { canonical, role: roleOf(canonical, this.#dialect), differs: canonical !== lower };
    this.#names.set(written, resolved);
    return resolved;
  }

  #resolvePrefix(declared: string): string | undefined {
    for (let scope: NamespaceScope | null = this; scope !== null; scope = scope.#parent) {
      const prefix = scope.#prefixes.get(declared);
      if (prefix !== undefined) return prefix;
    }
    return undefined;
  }
}

/**
 * The scope of a root element. The root's own namespace counts as that of the dialect, whatever it is: RSS in the
 * namespace of Atom is still RSS.
 */
export function rootScope(dialect: Dialect, root: string, attributes: ReadonlyMap<string, string>): NamespaceScope {
  const prefixes = new Map(readDeclarations(attributes, dialect));
  const colon = root.indexOf(':');
  const isModule = colon > 0 && (prefixes.get('') ?? '') !== '' && [...prefixes.values()].includes('');
  if (!isModule) prefixes.set('', '');
  if (colon > 0 && dialect !== 'rdf') prefixes.set(root.slice(0, colon).toLowerCase(), '');
  return new NamespaceScope(null, dialect, prefixes);
}

function readDeclarations(attributes: ReadonlyMap<string, string>, dialect: Dialect): Map<string, string> {
  const prefixes = new Map<string, string>();
  for (const [key, value] of attributes) {
    if (!/^xmlns(?::|$)/i.test(key)) continue;
    const declared = key.slice(6).toLowerCase();
    const canonical = canonicalPrefix(value);
    if (canonical === 'atom' && dialect === 'atom') prefixes.set(declared, '');
    else prefixes.set(declared, canonical ?? declared);
  }
  return prefixes;
}
