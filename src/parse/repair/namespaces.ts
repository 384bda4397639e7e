/**
 * Canonical prefixes by namespace. Publishers may choose any prefix, and do. '' is the vocabulary of the dialect itself:
 * RSS 0.90, 1.0 and 2.0 use different namespaces, or none, for the same elements.
 */
const prefixOfNamespace = new Map<string, string>([
  ['www.w3.org/2005/atom', 'atom'],
  ['purl.org/atom/ns', 'atom'],
  ['purl.org/atom-blog/ns', 'atom'],
  ['purl.org/rss/1.0', ''],
  ['purl.org/net/rss1.1', ''],
  ['my.netscape.com/rdf/simple/0.9', ''],
  ['channel.netscape.com/rdf/simple/0.9', ''],
  ['my.netscape.com/publish/formats/rss-0.91.dtd', ''],
  ['backend.userland.com/rss', ''],
  ['backend.userland.com/rss2', ''],
  ['backend.userland.com/rss091', ''],
  ['backend.userland.com/rss092', ''],
  ['blogs.law.harvard.edu/tech/rss', ''],
  ['www.w3.org/1999/02/22-rdf-syntax-ns', 'rdf'],
  ['www.w3.org/1999/xhtml', 'xhtml'],
  ['www.w3.org/2000/svg', 'svg'],
  ['www.w3.org/1998/math/mathml', 'math'],
  ['purl.org/dc/elements/1.1', 'dc'],
  ['purl.org/dc/elements/1.0', 'dc'],
  ['purl.org/dc/terms', 'dcterms'],
  ['purl.org/rss/1.0/modules/content', 'content'],
  ['purl.org/rss/1.0/modules/syndication', 'sy'],
  ['purl.org/rss/1.0/modules/slash', 'slash'],
  ['purl.org/rss/1.0/modules/wiki', 'wiki'],
  ['search.yahoo.com/mrss', 'media'],
  ['tools.search.yahoo.com/mrss', 'media'],
  ['video.search.yahoo.com/mrss', 'media'],
  ['www.itunes.com/dtds/podcast-1.0.dtd', 'itunes'],
  ['example.com/dtds/podcast-1.0.dtd', 'itunes'],
  ['www.google.com/schemas/play-podcasts/1.0', 'googleplay'],
  ['podcastindex.org/namespace/1.0', 'podcast'],
  ['purl.org/syndication/thread/1.0', 'thr'],
  ['purl.org/syndication/history/1.0', 'fh'],
  ['purl.org/atompub/tombstones/1.0', 'at'],
  ['www.georss.org/georss', 'georss'],
  ['www.opengis.net/gml', 'gml'],
  ['www.w3.org/2003/01/geo/wgs84_pos', 'geo'],
  ['wellformedweb.org/commentapi', 'wfw'],
  ['rssnamespace.org/feedburner/ext/1.0', 'feedburner'],
  ['madskills.com/public/xml/rss/module/pingback', 'pingback'],
  ['madskills.com/public/xml/rss/module/trackback', 'trackback'],
  ['prismstandard.org/namespaces/1.2/basic', 'prism'],
  ['prismstandard.org/namespaces/basic/2.0', 'prism'],
]);

/** The canonical prefix of a namespace; null if it is unknown. Ignores case, the scheme and a trailing `/` or `#`. */
export function canonicalPrefix(namespace: string): string | null {
  const bare = namespace
    .trim()
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/[/#]$/, '');
  return prefixOfNamespace.get(bare) ?? null;
}
