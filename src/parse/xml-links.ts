import type { ParsedEnclosure } from '../domain/parsed-feed.ts';
import { attributeOf, childrenOf, type Fields, firstText, textOf, type XmlNode } from './xml-nodes.ts';

interface Link {
  readonly rel: string;
  readonly href: string;
  readonly type: string | null;
  readonly node: XmlNode;
}

/** Links with an address, in document order: Atom's, and RSS's that are written Atom's way. */
export function linksOf(fields: Fields): readonly Link[] {
  const nodes = [...(fields.get('link') ?? []), ...(fields.get('atom:link') ?? [])];
  return nodes.flatMap((node) => {
    const href = attributeOf(node, 'href');
    if (href === null) return [];
    const rel = attributeOf(node, 'rel')?.toLowerCase() ?? 'alternate';
    return [
      {
        rel: rel.replace(/^.*iana\.org\/assignments\/relation\//, ''),
        href: ownBase(node, href),
        type: typeOf(node),
        node,
      },
    ];
  });
}

function typeOf(node: XmlNode): string | null {
  return attributeOf(node, 'type')?.toLowerCase() ?? null;
}

/** An address resolved by the element's own xml:base, when that is absolute. */
function ownBase(node: XmlNode, href: string): string {
  const base = attributeOf(node, 'xml:base');
  return base !== null && URL.canParse(base) && URL.canParse(href, base) ? new URL(href, base).href : href;
}

/** The first address of a relation. */
export function linkTo(fields: Fields, rel: string): string | null {
  return linksOf(fields).find((link) => link.rel === rel)?.href ?? null;
}

/** The page that a feed or an item stands for. */
export function pageLink(fields: Fields): string | null {
  const plain = (fields.get('link') ?? []).map((node) => ownBase(node, textOf(node))).find((text) => text !== '');
  const links = linksOf(fields);
  const alternates = links.filter((link) => link.rel === 'alternate');
  const page = alternates.find((link) => link.type === null || link.type.includes('html')) ?? alternates[0];
  return plain ?? page?.href ?? null;
}

/** The page of an item: its link, or else what may stand in for it. */
export function itemLink(fields: Fields): string | null {
  return (
    pageLink(fields) ??
    permalinkOf(fields) ??
    linksOf(fields).find((link) => ['self', 'related', 'via'].includes(link.rel))?.href ??
    attributeOf(fields.get('content')?.[0], 'src') ??
    firstText(fields, ['url'])
  );
}

/** RSS 2.0: a guid is a permalink unless it says that it is none. Atom's id only when nothing else is there. */
function permalinkOf(fields: Fields): string | null {
  const guid = fields.get('guid')?.[0];
  const text = textOf(guid);
  if (attributeOf(guid, 'ispermalink')?.toLowerCase() === 'false') return null;
  return /^https?:\/\/\S+$/i.test(text) ? text : null;
}

/** Everything that an item carries along, each address once. */
export function enclosuresOf(fields: Fields): readonly ParsedEnclosure[] {
  const found = [
    ...(fields.get('enclosure') ?? []).map((node) => enclosure(node, 'url', 'length')),
    ...linksOf(fields)
      .filter((link) => link.rel === 'enclosure')
      .map((link) => enclosure(link.node, 'href', 'length')),
    ...mediaOf(fields).map((node) => enclosure(node, 'url', 'filesize')),
  ];
  const byUrl = new Map<string, ParsedEnclosure>();
  for (const one of found) if (one !== null && !byUrl.has(one.url)) byUrl.set(one.url, one);
  return [...byUrl.values()];
}

function enclosure(node: XmlNode, url: string, length: string): ParsedEnclosure | null {
  const address = attributeOf(node, url) ?? (textOf(node) || null);
  if (address === null) return null;
  return { url: ownBase(node, address), type: attributeOf(node, 'type'), length: attributeOf(node, length) };
}

/** Media RSS content of an item, within groups too. */
export function mediaOf(fields: Fields): readonly XmlNode[] {
  const groups = fields.get('media:group') ?? [];
  return [...(fields.get('media:content') ?? []), ...groups.flatMap((group) => childrenOf(group, 'media:content'))];
}
