import type { Markup, ParsedItem } from '../domain/parsed-feed.ts';
import type { ItemFields } from './rss-parser-call.ts';
import { categoriesOf } from './xml-categories.ts';
import { itemImage } from './xml-images.ts';
import { enclosuresOf, itemLink } from './xml-links.ts';
import { firstMarkup } from './xml-markup.ts';
import { attributeOf, deepTextOf, type Fields, firstText } from './xml-nodes.ts';
import { authorOf } from './xml-people.ts';

const dataFields = [
  'georss:point',
  'georss:line',
  'georss:polygon',
  'georss:box',
  'georss:circle',
  'georss:where',
  'geo:lat',
  'geo:long',
  'geo:point',
  'comments',
  'slash:comments',
  'thr:total',
  'wfw:commentrss',
  'feedburner:origlink',
  'itunes:duration',
  'itunes:episode',
  'itunes:season',
  'itunes:explicit',
];

/** What an item gets from the feed that it stands in. */
export interface Surroundings {
  readonly isAtom: boolean;
  readonly base: readonly string[];
}

/** One item or entry. */
export function parseItem({ fields, attributes }: ItemFields, { isAtom, base }: Surroundings): ParsedItem {
  const ownBase = attributeOf(attributes, 'xml:base');
  return {
    guid: firstText(fields, ['guid', 'id', 'atom:id', 'dc:identifier']) ?? attributeOf(attributes, 'rdf:about'),
    title: firstMarkup(
      fields,
      ['title', 'atom:title', 'dc:title', 'media:title', 'itunes:title'],
      isAtom ? 'text' : 'html',
    ),
    link: itemLink(fields),
    base: ownBase === null ? base : [...base, ownBase],
    author: authorOf(fields),
    ...textsOf(fields, isAtom ? 'text' : 'html'),
    published: firstText(fields, [
      'pubdate',
      'published',
      'issued',
      'atom:published',
      'dcterms:issued',
      'dc:date',
      'dcterms:created',
      'created',
      'date',
    ]),
    updated: firstText(fields, ['updated', 'modified', 'atom:updated', 'dcterms:modified', 'lastbuilddate']),
    language: attributeOf(attributes, 'xml:lang') ?? firstText(fields, ['dc:language', 'language']),
    categories: categoriesOf(fields),
    enclosures: enclosuresOf(fields),
    imageUrl: itemImage(fields),
    data: dataOf(fields),
  };
}

const contentFields = ['content:encoded', 'content', 'atom:content', 'xhtml:body', 'body', 'xhtml:div', 'fullitem'];
const summaryFields = [
  'description',
  'summary',
  'atom:summary',
  'dc:description',
  'itunes:summary',
  'googleplay:description',
  'media:description',
  'itunes:subtitle',
];

function textsOf(fields: Fields, unclaimed: Markup['type']): { summary: Markup | null; content: Markup | null } {
  return {
    summary: firstMarkup(fields, summaryFields, unclaimed),
    content: firstMarkup(fields, contentFields, unclaimed),
  };
}

function dataOf(fields: Fields): Readonly<Record<string, string>> {
  const data: Record<string, string> = {};
  for (const name of dataFields) {
    const node = fields.get(name)?.[0];
    const text = node === undefined ? '' : deepTextOf(node);
    if (text !== '') data[name] = text;
  }
  return data;
}
