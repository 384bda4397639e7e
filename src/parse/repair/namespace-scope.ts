import { type ElementRole, roleOf } from './element-roles.ts';
import type { Dialect } from './repaired-xml.ts';

/**
 * Namespaces by canonical prefix. Publishers may choose any prefix, and do. '' is the vocabulary of the dialect itself:
 * RSS 0.90, 1.0 and 2.0 use different namespaces, or none, for the same elements.
 */
const namespaces: Readonly<Record<string, string>> = {
  atom: 'www.w3.org/2005/atom purl.org/atom/ns purl.org/atom-blog/ns',
  '':
    'purl.org/rss/1.0 purl.org/net/rss1.1 my.netscape.com/rdf/simple/0.9 ' +
    'channel.netscape.com/rdf/simple/0.9 my.netscape.com/publish/formats/rss-0.91.dtd ' +
    'backend.userland.com/rss backend.userland.com/rss2 backend.userland.com/rss091 ' +
    'backend.userland.com/rss092 blogs.law.harvard.edu/tech/rss',
  rdf: 'www.w3.org/1999/02/22-rdf-syntax-ns',
  xhtml: 'www.w3.org/1999/xhtml',
  svg: 'www.w3.org/2000/svg',
  math: 'www.w3.org/1998/math/mathml',
  dc: 'purl.org/dc/elements/1.1 purl.org/dc/elements/1.0',
  dcterms: 'purl.org/dc/terms',
  content: 'purl.org/rss/1.0/modules/content',
  sy: 'purl.org/rss/1.0/modules/syndication',
  slash: 'purl.org/rss/1.0/modules/slash',
  wiki: 'purl.org/rss/1.0/modules/wiki',
  media: 'search.yahoo.com/mrss tools.search.yahoo.com/mrss video.search.yahoo.com/mrss',
  itunes: 'www.itunes.com/dtds/podcast-1.0.dtd example.com/dtds/podcast-1.0.dtd',
  googleplay: 'www.google.com/schemas/play-podcasts/1.0',
  podcast: 'podcastindex.org/namespace/1.0',
  thr: 'purl.org/syndication/thread/1.0',
  fh: 'purl.org/syndication/history/1.0',
  at: 'purl.org/atompub/tombstones/1.0',
  georss: 'www.georss.org/georss',
  gml: 'www.opengis.net/gml',
  geo: 'www.w3.org/2003/01/geo/wgs84_pos',
  wfw: 'wellformedweb.org/commentapi',
  feedburner: 'rssnamespace.org/feedburner/ext/1.0',
  pingback: 'madskills.com/public/xml/rss/module/pingback',
  trackback: 'madskills.com/public/xml/rss/module/trackback',
  prism: 'prismstandard.org/namespaces/1.2/basic prismstandard.org/namespaces/basic/2.0',
};
const prefixOfNamespace = new Map(
  Object.entries(namespaces).flatMap(([prefix, names]) => names.split(' ').map((name) => [name, prefix] as const)),
);

/** The canonical prefix of a namespace; null if it is unknown. Ignores case, the scheme and a trailing `/` or `#`. */
export function canonicalPrefix(namespace: string): string | null {
  const bare = namespace
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/#]$/, '');
  return prefixOfNamespace.get(bare) ?? null;
}

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
