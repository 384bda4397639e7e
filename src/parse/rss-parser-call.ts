import Parser from 'rss-parser';
import { type Fields, fieldPrefix, isNode, type XmlNode } from './xml-nodes.ts';

/** The elements that rss-parser itself must find. Every other is kept from it and read as a custom field. */
const structural = new Set(['rss', 'channel', 'item', 'feed', 'entry']);

/** What is read of channels and feeds, by canonical lower-case name. */
const feedFields = words(`
  title subtitle tagline description link language author managingeditor webmaster image logo icon ttl skiphours skipdays
  id xml:base atom:link atom:author dc:title dc:creator dc:language dc:publisher itunes:author itunes:image itunes:owner
  itunes:subtitle itunes:summary media:thumbnail sy:updateperiod sy:updatefrequency fh:complete fh:archive
  at:deleted-entry googleplay:image contributor atom:contributor
`);

/** What is read of items and entries. */
const itemFields = words(`
  title link guid id author contributor category description summary content content:encoded body fullitem
  xhtml:body xhtml:div pubdate published issued modified updated created date lastbuilddate enclosure source comments
  image thumbnail language url
  atom:title atom:link atom:id atom:author atom:category atom:summary atom:content atom:published atom:updated atom:issued
  atom:modified atom:created
  dc:title dc:creator dc:author dc:contributor dc:publisher dc:date dc:subject dc:description dc:identifier dc:language
  dcterms:created dcterms:issued dcterms:modified dcterms:available dcterms:date
  media:title media:description media:content media:group media:thumbnail media:category media:keywords media:credit
  media:player
  itunes:title itunes:author itunes:summary itunes:subtitle itunes:image itunes:keywords itunes:category
  itunes:duration itunes:explicit itunes:episode itunes:season itunes:episodetype
  googleplay:author googleplay:description googleplay:image
  feedburner:origlink feedburner:origenclosurelink
  georss:point georss:line georss:polygon georss:box georss:where georss:circle geo:lat geo:long geo:point
  slash:comments slash:section slash:department thr:total thr:in-reply-to wfw:comment wfw:commentrss
`);

function words(text: string): readonly string[] {
  return text.trim().split(/\s+/);
}

/** A document as rss-parser read it: the fields of the feed and of each item, in document order. */
export interface FieldTree {
  readonly feed: Fields;
  readonly items: readonly ItemFields[];
}

export interface ItemFields {
  readonly fields: Fields;
  readonly attributes: XmlNode;
}

type Raw = Record<string, unknown>;

/**
 * Has rss-parser read a mended document.
 *
 * Everything but the structure is hidden from its own mapping by a prefix and taken through custom fields: that
 * mapping drops an Atom feed for one bad date, throws on a link without attributes, keeps one enclosure of several, and
 * makes its snippets in quadratic time.
 */
export async function readWithRssParser(xml: string): Promise<FieldTree> {
  const parser = new Parser<Raw, Raw>({
    defaultRSS: 2.0,
    xml2js: {
      tagNameProcessors: [remembering((name) => (structural.has(name) ? name : fieldPrefix + name))],
      attrNameProcessors: [remembering((name) => name)],
    },
    customFields: { feed: customFields(feedFields), item: customFields(itemFields) },
  });
  const answer = await Promise.race([parser.parseString(xml), nextTurn()]);
  if (answer === null) throw new Error('the parser gave no answer');
  return {
    feed: fieldsOf(answer, feedFields),
    items: answer.items.map((item: Raw) => ({
      fields: fieldsOf(item, itemFields),
      attributes: { $: isList(item['$']) ? undefined : item['$'] },
    })),
  };
}

/** `parseString` settles at once or, on a document without an element, never. */
function nextTurn(): Promise<null> {
  return new Promise((resolve) => {
    setImmediate(resolve, null);
  });
}

function remembering(rename: (lower: string) => string): (name: string) => string {
  const known = new Map<string, string>();
  return (name) => {
    let renamed = known.get(name);
    if (renamed === undefined) {
      renamed = rename(name.toLowerCase());
      if (known.size < 10_000) known.set(name, renamed);
    }
    return renamed;
  };
}

// Typed as strings, because the types of rss-parser 3.13 do not know the third member of a feed's fields.
function customFields(names: readonly string[]): string[] {
  const fields: unknown[] = names.map((name) => [fieldPrefix + name, fieldPrefix + name, { keepArray: true }]);
  return [['$', '$', { keepArray: true }], ...fields] as string[];
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value);
}

function fieldsOf(raw: Raw, names: readonly string[]): Fields {
  const fields = new Map<string, readonly XmlNode[]>();
  for (const name of names) {
    const value = raw[fieldPrefix + name];
    if (isList(value)) fields.set(name, value.filter(isNode));
  }
  return fields;
}
