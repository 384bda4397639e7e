import {
  type FeedFormat,
  type FeedHints,
  noHints,
  type ParsedFeed,
  type ParseResult,
} from '../../domain/items/parsed-feed.ts';
import { repairXml } from '../repair/repair-xml.ts';
import type { RepairedXml } from '../repair/repaired-xml.ts';
import { type ParsedFields, parseWithRssParser } from './rss-parser-adapter.ts';
import { feedAuthor } from './xml-authors.ts';
import { feedImage } from './xml-images.ts';
import { parseItem } from './xml-item.ts';
import { linksOf, linkTo, pageLink } from './xml-links.ts';
import { firstMarkup } from './xml-markup.ts';
import { attributeOf, childrenOf, type Fields, firstText, textOf } from './xml-nodes.ts';

/** Parses RSS 0.9x, 1.0 and 2.0 and Atom 0.3 and 1.0, after repairing the document. */
export async function parseXmlFeed(text: string): Promise<ParseResult> {
  const repaired = repairXml(text);
  if (repaired.kind === 'unreadable') return repaired;
  const tree = await parseWithRssParser(repaired.xml);
  return { kind: 'parsed', feed: toFeed(repaired, tree) };
}

function toFeed(repaired: RepairedXml, { feed, items }: ParsedFields): ParsedFeed {
  const isAtom = repaired.dialect === 'atom';
  const base = joinBases(repaired.root['xml:base'] ?? null, repaired.channel['xml:base'] ?? null);
  const links = linksOf(feed);
  const author = feedAuthor(feed);
  return {
    format: formatOf(repaired),
    title: firstMarkup(feed, ['title', 'dc:title'], isAtom ? 'text' : 'html'),
    link: pageLink(feed, links),
    base,
    language:
      firstText(feed, ['language', 'dc:language']) ?? repaired.channel['xml:lang'] ?? repaired.root['xml:lang'] ?? null,
    author,
    imageUrl: feedImage(feed),
    hints: hintsOf(feed),
    links: {
      self: linkTo(links, 'self'),
      hubs: links.filter((link) => link.rel === 'hub').map((link) => link.href),
      next: linkTo(links, 'next'),
      prevArchive: linkTo(links, 'prev-archive'),
    },
    complete: feed.has('fh:complete'),
    items: items.map((item) =>
      parseItem(item, { isAtom, base: base === null ? [] : [base], author: isAtom ? author : null }),
    ),
    deleted: feed.of('at:deleted-entry').flatMap((node) => {
      const ref = attributeOf(node, 'ref');
      return ref === null ? [] : [{ ref, when: attributeOf(node, 'when') }];
    }),
    notes: repaired.notes,
  };
}

/** Resolves the xml:base of an inner element against that of the outer one. */
function joinBases(outer: string | null, inner: string | null): string | null {
  if (outer === null || inner === null) return inner ?? outer;
  return URL.parse(inner, outer)?.href ?? inner;
}

function formatOf({ dialect, root }: RepairedXml): FeedFormat {
  const version = root['version'] ?? '';
  const namespace = Object.values(root).join(' ');
  if (dialect === 'atom')
    return version.startsWith('0') || namespace.includes('purl.org/atom/ns') ? 'atom0.3' : 'atom1';
  if (dialect === 'rdf') return namespace.includes('rdf/simple/0.9') ? 'rss0.9x' : 'rss1';
  return version.startsWith('0') ? 'rss0.9x' : 'rss2';
}

function hintsOf(feed: Fields): FeedHints {
  return {
    ...noHints,
    ttlMinutes: numberIn(firstText(feed, ['ttl'])),
    updatePeriod: firstText(feed, ['sy:updateperiod']),
    updateFrequency: numberIn(firstText(feed, ['sy:updatefrequency'])),
    skipHours: childrenOf(feed.of('skiphours')[0], 'hour')
      .map((hour) => numberIn(textOf(hour)))
      .filter((hour) => hour !== null),
    skipDays: childrenOf(feed.of('skipdays')[0], 'day')
      .map((day) => textOf(day))
      .filter((day) => day !== ''),
  };
}

function numberIn(text: string | null): number | null {
  return text !== null && /^\d{1,9}(?:\.\d+)?$/.test(text) ? Number(text) : null;
}
