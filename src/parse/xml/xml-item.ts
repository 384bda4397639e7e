import type { ParsedItem } from '../../domain/items/parsed-feed.ts';
import type { ItemFields } from './rss-parser-adapter.ts';
import { itemAuthor } from './xml-authors.ts';
import { itemImage } from './xml-images.ts';
import { enclosuresOf, itemLink, linksOf } from './xml-links.ts';
import { firstMarkup } from './xml-markup.ts';
import { attributeOf, deepTextOf, type Fields, firstText, textOf, type XmlNode } from './xml-nodes.ts';

const titleFields = ['title', 'atom:title', 'dc:title', 'media:title', 'itunes:title'];
const contentFields = ['content:encoded', 'content', 'atom:content', 'xhtml:body', 'body', 'xhtml:div', 'fullitem'];
const summaryFields = words(`
  description summary atom:summary dc:description itunes:summary googleplay:description media:description
  itunes:subtitle
`);
/** `dc:date` does not say what happened at that time: it is the last choice for both dates. */
const publishedFields = words(`
  pubdate published issued atom:published atom:issued dcterms:issued dc:date created dcterms:created date
`);
const updatedFields = words('updated modified atom:updated atom:modified dcterms:modified lastbuilddate dc:date');
const categoryFields = ['category', 'atom:category', 'dc:subject', 'media:category', 'itunes:category'];
const keywordFields = ['itunes:keywords', 'media:keywords', 'tags', 'keywords'];
/** Elements that are passed on unchanged. */
const dataFields = words(`
  georss:point georss:line georss:polygon georss:box georss:circle georss:where geo:lat geo:long geo:point
  comments slash:comments thr:total wfw:commentrss feedburner:origlink
  itunes:duration itunes:episode itunes:season itunes:explicit
`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** What an item inherits from its feed. */
export interface InheritedFields {
  readonly isAtom: boolean;
  readonly base: readonly string[];
  /** The author of the feed in Atom; null in RSS, whose items do not inherit it. */
  readonly author: string | null;
}

/** Parses an item or entry. */
export function parseItem({ fields, node }: ItemFields, { isAtom, base, author }: InheritedFields): ParsedItem {
  const defaultType = isAtom ? 'text' : 'html';
  const links = linksOf(fields);
  const enclosures = enclosuresOf(fields, links);
  return {
    guid: guidOf(fields, node),
    title: firstMarkup(fields, titleFields, defaultType),
    link: itemLink(fields, links),
    base: base.concat(attributeOf(node, 'xml:base') ?? []),
    author: itemAuthor(fields) ?? author,
    summary: firstMarkup(fields, summaryFields, defaultType),
    content: firstMarkup(fields, contentFields, defaultType),
    published: firstText(fields, publishedFields),
    updated: firstText(fields, updatedFields),
    language: attributeOf(node, 'xml:lang') ?? firstText(fields, ['dc:language', 'language']),
    categories: categoriesOf(fields),
    enclosures,
    imageUrl: itemImage(fields, enclosures),
    data: dataOf(fields),
  };
}

/** The last of several guids, as in most feed readers. */
function guidOf(fields: Fields, node: XmlNode | undefined): string | null {
  const last = textOf(fields.of('guid').findLast((guid) => textOf(guid) !== ''));
  return (
    last ||
    (firstText(fields, ['id', 'atom:id', 'dc:identifier']) ??
      attributeOf(node, 'rdf:about') ??
      attributeOf(node, 'about'))
  );
}

/** The categories of an item, each once. Keyword fields contain several, separated by commas. */
function categoriesOf(fields: Fields): readonly string[] {
  const categories = fields.ofAll(categoryFields);
  const keywords = fields.ofAll(keywordFields);
  if (categories.length === 0 && keywords.length === 0) return [];
  const found = new Set(categories.map(categoryOf));
  for (const node of keywords) {
    for (const keyword of categoryOf(node).split(',')) found.add(keyword.trim());
  }
  found.delete('');
  return [...found];
}

function categoryOf(node: XmlNode): string {
  return textOf(node) || (attributeOf(node, 'term') ?? attributeOf(node, 'label') ?? attributeOf(node, 'text') ?? '');
}

function dataOf(fields: Fields): Readonly<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const name of dataFields) {
    const node = fields.of(name)[0];
    const text = node === undefined ? '' : deepTextOf(node);
    if (text !== '') data[name] = text;
  }
  return data;
}
