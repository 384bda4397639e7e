/** Path segments that indicate a feed. */
const feedSegment = /^(?:feed|rss2?|atom|rdf)$/;
const feedFile = /^(?:.*[-_.])?(?:feed|rss2?|atom|rdf)(?:[-_.]?\d+|[-_.].+)?\.(?:xml|json|php|aspx?)$/;
const feedExtension = /\.(?:rss|atom|rdf)$/;
/** File names that static site generators use for feeds. */
const generatorFileNames = /^(?:index\.xml|index\.rdf)$/;
const pageExtension = /\.(?:html?|xhtml|png|svg|gif|jpe?g|webp|ico|css|js|pdf)$/;
const feedHost = /^(?:feeds?|rss)\d*\./;
/** Longer segments contain other data. The limit also bounds the time of the expressions, which may be quadratic. */
const maxSegmentChars = 100;
const feedParameter = /^(?:feed|format|type|output|alt)=(?:rss2?|atom|rdf|feed|json)$/;

/**
 * Whether a URL looks like that of a feed. Only a request shows whether it is one.
 *
 * A URL that contains another URL belongs to a validator, a feed reader or a share button and is not the feed itself.
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

/** Whether a URL or its title is that of a comment feed, which users rarely look for. */
export function looksLikeCommentFeed(url: string, title: string | null): boolean {
  return /\bcomments?\b/i.test(url) || /\b(?:comments?|kommentare?|commentaires?|comentarios)\b/i.test(title ?? '');
}

/** Whether the text of a link indicates a feed: "RSS", "Atom feed", "RSS 2.0". */
export function isFeedLinkText(text: string): boolean {
  return /^(?:(?:rss|atom|json|xml|news)[ -]?feed|feed|rss|atom)(?: ?\(?(?:rss|atom|xml|\d\.\d)\)?)?$/i.test(
    text.trim(),
  );
}
