/**
 * The role of an element, which decides how it is repaired:
 * - `root`: the root element;
 * - `item`: an item or entry;
 * - `channel`: the channel of RSS;
 * - `text`: text for readers, in which publishers put markup;
 * - `leaf`: plain text, never elements;
 * - `other`: all other elements.
 */
export type ElementRole = 'root' | 'item' | 'channel' | 'text' | 'leaf' | 'other';

const textElements = new Set(
  `title description content summary subtitle tagline info copyright rights body fullitem
  content:encoded xhtml:body xhtml:div dc:title dc:description media:title media:description itunes:summary
  itunes:subtitle atom:title atom:summary atom:content atom:subtitle`.split(/\s+/),
);

const leafElements = new Set(
  `link guid pubdate category comments id updated published issued modified created language ttl lastbuilddate docs
  generator managingeditor webmaster dc:date dc:creator dc:subject dc:language dcterms:modified dcterms:created
  atom:link atom:updated itunes:author itunes:duration slash:comments`.split(/\s+/),
);

/** Fields of an item or channel that have no HTML element of the same name. They end an unclosed text. */
const nonHtmlFields = new Set(
  `item entry description pubdate guid enclosure category author comments updated published issued modified created
  lastbuilddate managingeditor webmaster content content:encoded dc:date dc:creator dc:subject dc:language`.split(
    /\s+/,
  ),
);

/** All fields of an item or channel. They end an unclosed leaf. */
const feedFields = new Set([...nonHtmlFields, 'title', 'link', 'source', 'image', 'summary', 'id', 'generator', 'ttl']);

/** The role of an element by its canonical name. */
export function roleOf(field: string, dialect: 'rss' | 'rdf' | 'atom'): ElementRole {
  if (field === (dialect === 'atom' ? 'entry' : 'item')) return 'item';
  if (field === 'channel') return 'channel';
  if (textElements.has(field)) return 'text';
  return leafElements.has(field) ? 'leaf' : 'other';
}

/** Whether a start tag of `field` implies the end of an open element with `role`. */
export function impliesEndTag(role: ElementRole, field: string, hasAttributes: boolean): boolean {
  if (role === 'leaf') return feedFields.has(field);
  return role === 'text' && (nonHtmlFields.has(field) || (field === 'link' && !hasAttributes));
}

const htmlElements = new Set(
  `a abbr acronym address applet area article aside audio b base basefont bdi bdo big blink blockquote body br button
  canvas caption center cite code col colgroup content data datalist dd del details dfn dialog dir div dl dt element em
  embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe
  image img input ins isindex kbd keygen label legend li link listing main map mark marquee math menu meta meter nav
  nobr noembed noframes noscript object ol optgroup option output p param picture plaintext pre progress q rb rp rt rtc
  ruby s samp script search section select slot small source span strike strong style sub summary sup svg table tbody td
  template textarea tfoot th thead time title tr track tt u ul var video wbr xmp`.split(/\s+/),
);

/** Whether a name is that of an HTML element, or has the form of a custom element name. */
export function isHtmlName(name: string): boolean {
  return htmlElements.has(name.toLowerCase()) || /[-:]/.test(name);
}

const voidElements = new Set('area base br col embed hr img input link meta param source track wbr'.split(' '));

const elementsClosingTheirKind = new Set('p li dt dd tr td th option'.split(' '));

/** Whether a start tag of this name closes an open element of the same name in HTML. */
export function closesItsKind(name: string): boolean {
  return elementsClosingTheirKind.has(name.toLowerCase());
}

/** Whether HTML reads `<name/>` as a complete element. Any other element would contain what follows it. */
export function isVoidElement(name: string): boolean {
  return voidElements.has(name.toLowerCase());
}
