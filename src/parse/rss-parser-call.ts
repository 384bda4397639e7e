import Parser from 'rss-parser';
import { fieldsTag } from './mended.ts';
import { Fields, isNode, type XmlNode } from './xml-nodes.ts';

/** A document as rss-parser read it: the fields of the feed and of each item, in document order. */
export interface FieldTree {
  readonly feed: Fields;
  readonly items: readonly ItemFields[];
}

export interface ItemFields {
  readonly fields: Fields;
  /** The item itself, for its attributes. */
  readonly node: XmlNode | undefined;
}

type Raw = Record<string, unknown>;

/**
 * Has rss-parser read a mended document.
 *
 * Fields come whole, through a custom field: rss-parser's own mapping drops an Atom feed for one bad date, throws on a
 * link without attributes, keeps one enclosure of several, and makes its snippets in quadratic time.
 */
export async function readWithRssParser(xml: string): Promise<FieldTree> {
  // A new one each time: an instance keeps the state of a document that it failed on.
  const parser = new Parser<Raw, Raw>({
    xml2js: { tagNameProcessors: [lowerCaser()], attrNameProcessors: [lowerCaser()] },
    customFields: { feed: [wholeFields], item: [wholeFields] },
  });
  const answer = await atOnce(parser.parseString(xml));
  return { feed: new Fields(nodesIn(answer)), items: answer.items.map(toItemFields) };
}

// Typed as a name, because the types of rss-parser 3.13 do not know lists for the fields of a feed.
const wholeFields = [fieldsTag, fieldsTag, { keepArray: true }] as unknown as string;

function toItemFields(item: Raw): ItemFields {
  const nodes = nodesIn(item);
  return { fields: new Fields(nodes), node: nodes[0] };
}

function nodesIn(raw: Raw): readonly XmlNode[] {
  const nodes = raw[fieldsTag];
  return Array.isArray(nodes) ? nodes.filter(isNode) : [];
}

/**
 * What a promise gives that settles within this turn of the event loop or never, as `parseString` does: with some
 * releases of its parser a document without an element has no answer.
 */
export async function atOnce<T>(promise: Promise<T>): Promise<T> {
  const nothing = Symbol('nothing');
  const nextTurn = new Promise<typeof nothing>((resolve) => {
    setImmediate(resolve, nothing);
  });
  const answer = await Promise.race([promise, nextTurn]);
  if (answer === nothing) throw new Error('the parser gave no answer');
  return answer;
}

/** Lower-cases names, which publishers write in any case; `_` would be taken for an element's text. */
function lowerCaser(): (name: string) => string {
  const known = new Map<string, string>([['_', '-']]);
  return (name) => {
    const lower = known.get(name) ?? name.toLowerCase();
    if (known.size < 1000) known.set(name, lower);
    return lower;
  };
}
