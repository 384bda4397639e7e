import type { ParsedEnclosure } from '../../domain/items/parsed-feed.ts';
import { attributeOf, type Fields, firstText, textOf, type XmlNode } from './xml-nodes.ts';

/** A link element with an `href`, as in Atom. */
export interface Link {
  /** In lower case, without the IANA prefix. */
  readonly rel: string;
  readonly href: string;
  readonly node: XmlNode;
}

const linkFields = ['link', 'atom:link'];

/** The link elements with an `href`, in document order, also in RSS. */
export function linksOf(fields: Fields): readonly Link[] {
  const links: Link[] = [];
  for (const name of linkFields) {
    for (const node of fields.of(name)) {
      const href = attributeOf(node, 'href');
      if (href !== null) links.push({ rel: relOf(node), href: resolveByOwnBase(node, href), node });
    }
  }
  return links;
}

function relOf(node: XmlNode): string {
  const rel = attributeOf(node, 'rel')?.toLowerCase() ?? 'alternate';
  return rel.slice(rel.lastIndexOf('iana.org/assignments/relation/') < 0 ? 0 : rel.lastIndexOf('/') + 1);
}

/** Resolves an address against the xml:base of its own element if that is absolute. */
function resolveByOwnBase(node: XmlNode, href: string): string {
  const base = attributeOf(node, 'xml:base');
  return base !== null && URL.canParse(base) && URL.canParse(href, base) ? new URL(href, base).href : href;
}

/** The address of the first link with a relation. */
export function linkTo(links: readonly Link[], rel: string): string | null {
  return links.find((link) => link.rel === rel)?.href ?? null;
}

/** The page of a feed or an item: the last of several links, as in most feed readers. */
export function pageLink(fields: Fields, links: readonly Link[]): string | null {
  let text: string | null = null;
  for (const node of fields.of('link')) {
    const written = textOf(node);
    if (written !== '' && relOf(node) === 'alternate') text = resolveByOwnBase(node, written);
  }
  return text ?? alternateOf(links);
}

/** The first alternate link to HTML, otherwise the first alternate link. */
function alternateOf(links: readonly Link[]): string | null {
  const alternates = links.filter((link) => link.rel === 'alternate');
  const page = alternates.find(({ node }) => /html|^$/i.test(attributeOf(node, 'type') ?? ''));
  return (page ?? alternates[0])?.href ?? null;
}

/** The page of an item: its link, otherwise the best substitute. */
export function itemLink(fields: Fields, links: readonly Link[]): string | null {
  return (
    pageLink(fields, links) ??
    permalinkOf(fields) ??
    links.find((link) => ['self', 'related', 'via'].includes(link.rel))?.href ??
    attributeOf(fields.of('content')[0], 'src') ??
    firstText(fields, ['url'])
  );
}

/** RSS 2.0: a guid is a permalink unless `isPermaLink` is false. */
function permalinkOf(fields: Fields): string | null {
  const guid = fields.of('guid').at(-1);
  const text = textOf(guid);
  if (attributeOf(guid, 'ispermalink')?.toLowerCase() === 'false') return null;
  return /^https?:\/\/\S+$/i.test(text) ? text : null;
}

/** All enclosures of an item, each address once: RSS first, then Atom, then Media RSS. */
export function enclosuresOf(fields: Fields, links: readonly Link[]): readonly ParsedEnclosure[] {
  const media = fields.of('media:content');
  const linked = links.filter((link) => link.rel === 'enclosure');
  if (!fields.has('enclosure') && linked.length === 0 && media.length === 0) return [];
  const byUrl = new Map<string, ParsedEnclosure>();
  const add = (node: XmlNode, url: string | null, length: string) => {
    if (url === null || byUrl.has(url)) return;
    byUrl.set(url, { url, type: attributeOf(node, 'type'), length: attributeOf(node, length) });
  };
  for (const node of fields.of('enclosure')) add(node, addressOf(node), 'length');
  for (const link of linked) add(link.node, link.href, 'length');
  for (const node of media) add(node, addressOf(node), 'filesize');
  return [...byUrl.values()];
}

function addressOf(node: XmlNode): string | null {
  const address = attributeOf(node, 'url') ?? attributeOf(node, 'href') ?? (textOf(node) || null);
  return address === null ? null : resolveByOwnBase(node, address);
}
