import { Parser } from 'htmlparser2';
import type { RawDocument } from '../domain/items/document-task.ts';
import type { FeedLink, PageLinks } from '../domain/items/page-links.ts';
import { cleanLine } from '../runtime/clean-line.ts';
import { decode } from './decode.ts';

const sniffedBytes = 1024;
const maxLinksSeen = 5_000;
const maxFeeds = 50;
const maxUrlChars = 2_048;
const maxTextChars = 500;

/** A link as written in the page. */
interface RawLink {
  readonly href: string;
  readonly rel: readonly string[];
  readonly type: string;
  /** The `title` attribute, otherwise the text of the element. */
  text: string;
  readonly isAnchor: boolean;
}

/** The parts of a page that discovery needs. */
interface RawPage {
  title: string | null;
  /** The first `<base href>`; null if there is none. */
  base: string | null;
  refresh: string | null;
  readonly links: RawLink[];
}

/**
 * Returns the feeds that a page declares in `<link>` elements, and visible links whose address or text looks like that
 * of a feed. The addresses are untrusted input: check them like any other before requesting them. Never throws.
 */
export function discoverFeeds({ body, contentType, url }: RawDocument): PageLinks {
  const page = readPage(decode(body, withMetaCharset(body, contentType)).text);
  const base = resolve(page.base ?? '', url) ?? URL.parse(url);
  const best = new Map<string, FeedLink>();
  const ranked = page.links.flatMap((link) => toFeedLink(link, base)).sort((one, other) => rank(one) - rank(other));
  for (const link of ranked) {
    if (!best.has(link.url) && best.size < maxFeeds) best.set(link.url, link);
  }
  const refreshTo = page.refresh === null ? null : (resolve(page.refresh, base?.href)?.href ?? null);
  return { kind: 'page', title: page.title, feeds: [...best.values()], refreshTo };
}

/** HTML pages declare their charset in a `<meta>` element, feeds do not. The header takes precedence. */
function withMetaCharset(body: Uint8Array, contentType: string | null): string | null {
  if (/charset/i.test(contentType ?? '')) return contentType;
  const head = new TextDecoder('latin1').decode(body.subarray(0, sniffedBytes));
  const charset = /<meta\s[^>]*?charset\s*=\s*["']?\s*([\w:.-]+)/i.exec(head)?.[1];
  return charset === undefined ? contentType : `text/html; charset=${charset}`;
}

function readPage(text: string): RawPage {
  const page: RawPage = { title: null, base: null, refresh: null, links: [] };
  // Text is appended to the open title or to the last link.
  let sink: ((piece: string) => void) | null = null;
  const parser = new Parser({
    onopentag(name, attributes) {
      if (name === 'base') page.base ??= attributes['href'] ?? null;
      else if (name === 'meta') page.refresh ??= refreshTarget(attributes);
      else if (name === 'title' && page.title === null) sink = (piece) => addTitle(page, piece);
      else if (name === 'link' || name === 'a') {
        const link = addLink(page, name, attributes);
        if (name === 'a') sink = link === null || link.text !== '' ? null : (piece) => addText(link, piece);
      }
    },
    ontext: (piece) => sink?.(piece),
    onclosetag(name) {
      if (name === 'title' || name === 'a') sink = null;
    },
  });
  parser.end(text);
  return { ...page, title: page.title === null ? null : cleanLine(page.title) || null };
}

function addTitle(page: RawPage, piece: string): void {
  page.title = `${page.title ?? ''}${piece}`.slice(0, maxTextChars);
}

function addText(link: RawLink, piece: string): void {
  link.text = `${link.text}${piece}`.slice(0, maxTextChars);
}

type Attributes = Readonly<Record<string, string | undefined>>;

function addLink(page: RawPage, name: string, attributes: Attributes): RawLink | null {
  const { href, rel = '', type = '', title = '' } = attributes;
  if (href === undefined || href.length > maxUrlChars || page.links.length >= maxLinksSeen) return null;
  const link = {
    href,
    rel: rel.toLowerCase().split(/\s+/),
    type: type.toLowerCase().split(';')[0]?.trim() ?? '',
    text: title.slice(0, maxTextChars),
    isAnchor: name === 'a',
  };
  page.links.push(link);
  return link;
}

function refreshTarget(attributes: Attributes): string | null {
  if (attributes['http-equiv']?.trim().toLowerCase() !== 'refresh') return null;
  const content = (attributes['content'] ?? '').trim().slice(0, maxUrlChars);
  return /^[\d.]*\s*[;,]?\s*url\s*=\s*["']?([^"']+)/i.exec(content)?.[1]?.trim() ?? null;
}

const formatsByType: Readonly<Record<string, FeedLink['format']>> = {
  'application/rss+xml': 'RSS',
  'application/x-rss+xml': 'RSS',
  'application/rss': 'RSS',
  'text/rss+xml': 'RSS',
  'text/rss': 'RSS',
  'application/atom+xml': 'Atom',
  'application/x-atom+xml': 'Atom',
  'application/x.atom+xml': 'Atom',
  'application/rdf+xml': 'RDF',
  'application/feed+json': 'JSON',
};

/** The link as a feed link; empty if it does not lead to a feed. */
function toFeedLink(link: RawLink, base: URL | null): FeedLink[] {
  const url = resolve(link.href, base?.href);
  if (url === null) return [];
  const format = Object.hasOwn(formatsByType, link.type) ? (formatsByType[link.type] ?? null) : null;
  const found = classifyLink(link, { url, format });
  if (found === null) return [];
  return [{ url: url.href, title: cleanLine(link.text) || null, format, found }];
}

function classifyLink(
  { rel, type, text, isAnchor }: RawLink,
  { url, format }: { url: URL; format: FeedLink['format'] },
): FeedLink['found'] | null {
  if (rel.includes('stylesheet')) return null;
  const isAlternate = rel.includes('alternate') || rel.includes('service.feed');
  // Links to translations and to APIs have these types (or none), too.
  const isGenericType = ['', 'application/xml', 'text/xml', 'application/json'].includes(type);
  const isFeed = format !== null || (isGenericType && looksLikeFeedUrl(url));
  if (rel.includes('feed') || (isAlternate && isFeed)) return 'declared';
  if (!isAnchor) return null;
  if (format !== null || looksLikeFeedUrl(url)) return 'address';
  return isFeedLinkText(text) ? 'text' : null;
}

const rankOrder = ['declared', 'address', 'text'] as const;

/** Declared feeds first, then visible links, then comment feeds; the order of the page within each group. */
function rank({ found, url, title }: FeedLink): number {
  return rankOrder.indexOf(found) + (looksLikeCommentFeed(url, title) ? rankOrder.length : 0);
}

/** The link as an absolute http(s) URL without its fragment. Accepts the obsolete `feed:` scheme. */
function resolve(href: string, base: string | undefined): URL | null {
  const written = href
    .trim()
    .replace(/^feed:(?:\/\/)?(https?:)/i, '$1')
    .replace(/^feed:/i, 'http:');
  const url = URL.parse(written, base);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  url.hash = '';
  return url;
}

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
