/**
 * What mending needs to know of an element:
 * - `root`: the document's own element;
 * - `item`: one news item;
 * - `channel`: RSS's inner root;
 * - `text`: holds text for people, in which publishers put markup;
 * - `leaf`: holds plain text and never an element;
 * - `other`: anything else.
 */
export type Role = 'root' | 'item' | 'channel' | 'text' | 'leaf' | 'other';

const texts = new Set(
  `title description content summary subtitle tagline info copyright rights body fullitem
  content:encoded xhtml:body xhtml:div dc:title dc:description media:title media:description itunes:summary
  itunes:subtitle atom:title atom:summary atom:content atom:subtitle`.split(/\s+/),
);

const leaves = new Set(
  `link guid pubdate category comments id updated published issued modified created language ttl lastbuilddate docs
  generator managingeditor webmaster dc:date dc:creator dc:subject dc:language dcterms:modified dcterms:created
  atom:link atom:updated itunes:author itunes:duration slash:comments`.split(/\s+/),
);

/** Fields of an item or channel that no HTML element shares its name with: one of them ends an unclosed text. */
const unmistakable = new Set(
  `item entry description pubdate guid enclosure category author comments updated published issued modified created
  lastbuilddate managingeditor webmaster content content:encoded dc:date dc:creator dc:subject dc:language`.split(
    /\s+/,
  ),
);

/** Further fields of an item or channel, which end an unclosed leaf. */
const fields = new Set([...unmistakable, 'title', 'link', 'source', 'image', 'summary', 'id', 'generator', 'ttl']);

/** The role of an element by its canonical lower-case name. */
export function roleOf(field: string, dialect: 'rss' | 'rdf' | 'atom'): Role {
  if (dialect === 'atom') {
    if (field === 'entry') return 'item';
  } else {
    if (field === 'item') return 'item';
    if (field === 'channel') return 'channel';
  }
  if (texts.has(field)) return 'text';
  return leaves.has(field) ? 'leaf' : 'other';
}

/** Whether a start tag of `field` shows that an open element of `role` was never closed. */
export function impliesEndOf(role: Role, field: string, hasAttributes: boolean): boolean {
  if (role === 'leaf') return fields.has(field);
  return role === 'text' && (unmistakable.has(field) || (field === 'link' && !hasAttributes));
}

const voidElements = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));

const selfEnding = new Set('p li dt dd tr td th option'.split(' '));

/** Whether HTML lets one such element end another that was left open. */
export function endsItsLike(name: string): boolean {
  return selfEnding.has(name.toLowerCase());
}

/** Whether HTML takes `<name/>` for a whole element; any other would swallow what follows it. */
export function isVoid(name: string): boolean {
  return voidElements.has(name.toLowerCase());
}
