import { type ElementRole, roleOf } from './element-roles.ts';
import { canonicalPrefix } from './namespaces.ts';
import type { Dialect } from './repaired-xml.ts';

/** What a name as written means where it stands. */
export interface ResolvedName {
  /** Canonical prefix and local name in lower case: `dc:creator`, `pubdate`. */
  readonly field: string;
  readonly role: ElementRole;
  /** Whether the written name, in lower case, is not the field. */
  readonly renamed: boolean;
}

/** The namespace declarations in force on one element. Scopes form a chain: most elements share their parent's. */
export class NamespaceScope {
  readonly #parent: NamespaceScope | null;
  readonly #dialect: Dialect;
  readonly #prefixes: ReadonlyMap<string, string>;
  readonly #names = new Map<string, ResolvedName>();

  /** @param prefixes our prefix by the publisher's; '' is the key of the default namespace. */
  constructor(parent: NamespaceScope | null, dialect: Dialect, prefixes: ReadonlyMap<string, string>) {
    this.#parent = parent;
    this.#dialect = dialect;
    this.#prefixes = prefixes;
  }

  /** The scope of an element with these attributes: this one when they declare nothing. */
  childScope(attributes: ReadonlyMap<string, string>): NamespaceScope {
    const prefixes = readDeclarations(attributes, this.#dialect);
    return prefixes.size === 0 ? this : new NamespaceScope(this, this.#dialect, prefixes);
  }

  get size(): number {
    return this.#names.size;
  }

  resolveName(written: string): ResolvedName {
    const known = this.#names.get(written);
    if (known !== undefined) return known;
    const lower = written.toLowerCase();
    const colon = lower.indexOf(':');
    const prefix = colon < 0 ? '' : lower.slice(0, colon);
    const ours = this.#resolve(prefix) ?? prefix;
    const field = ours === '' ? lower.slice(colon + 1) : `${ours}:${lower.slice(colon + 1)}`;
    const naming = { field, role: roleOf(field, this.#dialect), renamed: field !== lower };
    this.#names.set(written, naming);
    return naming;
  }

  #resolve(prefix: string): string | undefined {
    for (let scope: NamespaceScope | null = this; scope !== null; scope = scope.#parent) {
      const ours = scope.#prefixes.get(prefix);
      if (ours !== undefined) return ours;
    }
    return undefined;
  }
}

/**
 * The scope of a root element. Its own namespace counts as the dialect's whatever it is: RSS in the namespace of Atom is
 * RSS still.
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
    const prefix = key.slice(6).toLowerCase();
    const ours = canonicalPrefix(value);
    if (ours === 'atom' && dialect === 'atom') prefixes.set(prefix, '');
    else if (ours !== null) prefixes.set(prefix, ours);
    else prefixes.set(prefix, prefix);
  }
  return prefixes;
}
