/** Names that a part of a path has when there is a feed behind it. */
const feedSegment = /^(?:feed|rss2?|atom|rdf)$/;
const feedFile = /^(?:.*[-_.])?(?:feed|rss2?|atom|rdf)(?:[-_.]?\d+|[-_.].+)?\.(?:xml|json|php|aspx?)$/;
const feedExtension = /\.(?:rss|atom|rdf)$/;
/** Generators of static sites call it so. */
const generatorFileNames = /^(?:index\.xml|index\.rdf)$/;
const pageExtension = /\.(?:html?|xhtml|png|svg|gif|jpe?g|webp|ico|css|js|pdf)$/;
const feedHost = /^(?:feeds?|rss)\d*\./;
/** Longer parts of a path are somebody's data; and every expression here is at worst quadratic. */
const maxSegmentChars = 100;
const feedParameter = /^(?:feed|format|type|output|alt)=(?:rss2?|atom|rdf|feed|json)$/;

/**
 * Whether an address looks like that of a feed. Not whether one is there: that is only known by asking.
 *
 * Addresses that carry another one are a validator's, a reader's or a share button's, about the feed and not the feed.
 */
export function looksLikeFeedUrl(url: URL): boolean {
  const rest = `${url.pathname}${url.search}`.toLowerCase();
  if (/https?(?::|%3a)(?:\/|%2f)/.test(rest)) return false;
  const segments = url.pathname
    .toLowerCase()
    .split('/')
    .filter((segment) => segment !== '');
  const last = segments.at(-1) ?? '';
  if (last.length > maxSegmentChars || pageExtension.test(last)) return false;
  if (feedFile.test(last) || feedExtension.test(last) || generatorFileNames.test(last)) return true;
  if (segments.some((segment) => feedSegment.test(segment))) return true;
  if (feedHost.test(url.hostname) && segments.length > 0) return true;
  return url.search
    .slice(1)
    .toLowerCase()
    .split('&')
    .some((pair) => feedParameter.test(pair));
}

/** Whether an address, or what is said about it, is that of a feed of comments: rarely what is looked for. */
export function looksLikeCommentFeed(url: string, title: string | null): boolean {
  return /\bcomments?\b/i.test(url) || /\b(?:comments?|kommentare?|commentaires?|comentarios)\b/i.test(title ?? '');
}

/** Whether the text of a link says that it leads to a feed: "RSS", "Atom feed", "RSS 2.0". */
export function isFeedLinkText(text: string): boolean {
  return /^(?:(?:rss|atom|json|xml|news)[ -]?feed|feed|rss|atom)(?: ?\(?(?:rss|atom|xml|\d\.\d)\)?)?$/i.test(
    text.trim(),
  );
}
