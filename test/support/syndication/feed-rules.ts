import { all, type Element, everyElement, readTree } from './element-tree.ts';

// The characters that RFC 3986 allows in an absolute http(s) URL.
const address = /^https?:\/\/[\w.\-:[\]]+(\/[\w;/?:@&=+$.\-!~*'()%,#]*)?$/;
const rfc822 =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;
const rfc3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+$/;
const language = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;
/** Elements that only have attributes. */
const emptyElements = new Set([
  'at:deleted-entry',
  'atom:link',
  'atom:category',
  'enclosure',
  'media:content',
  'media:thumbnail',
  'outline',
]);

/** Collects violations of rules. */
class Faults {
  readonly list: string[] = [];

  demand(holds: boolean, what: string): void {
    if (!holds) this.list.push(what);
  }

  /** Checks how often an element occurs in another. */
  count(parent: Element, name: string, [least, most]: readonly [number, number]): void {
    const { length } = all(parent, name);
    this.demand(length >= least && length <= most, `${parent.name} has ${length} ${name}`);
  }

  known(parent: Element, names: readonly string[]): void {
    for (const { name } of parent.children)
      this.demand(names.includes(name), `${name} does not belong in ${parent.name}`);
  }

  texts(parent: Element, name: string, form: RegExp): void {
    for (const { text } of all(parent, name)) this.demand(form.test(text), `${parent.name}/${name}: "${text}"`);
  }

  attribute(element: Element, name: string, form: RegExp): void {
    const value = element.attributes[name];
    this.demand(value !== undefined && form.test(value), `${element.name}@${name}: "${value}"`);
  }

  optional(element: Element, name: string, form: RegExp): void {
    if (element.attributes[name] !== undefined) this.attribute(element, name, form);
  }

  distinct(values: readonly string[], what: string): void {
    this.demand(new Set(values).size === values.length, `${what} are not unique`);
  }
}

const one = [1, 1] as const;
const optional = [0, 1] as const;
const some = [0, Number.POSITIVE_INFINITY] as const;

/** The violations of RSS 2.0, its common modules and the rules of the W3C validator. */
export function faultsOfRss(xml: string): readonly string[] {
  const faults = new Faults();
  const rss = readTree(xml);
  faults.demand(rss.name === 'rss' && rss.attributes['version'] === '2.0', 'the root is not <rss version="2.0">');
  faults.count(rss, 'channel', one);
  noEmptyElement(rss, faults);
  for (const channel of all(rss, 'channel')) checkChannel(channel, faults);
  return faults.list;
}

function checkChannel(channel: Element, faults: Faults): void {
  const names = [
    'title',
    'link',
    'description',
    'language',
    'lastBuildDate',
    'docs',
    'generator',
    'ttl',
    'atom:link',
    'item',
  ];
  faults.known(channel, names);
  for (const name of ['title', 'link', 'description']) faults.count(channel, name, one);
  for (const name of ['language', 'lastBuildDate', 'docs', 'generator', 'ttl']) faults.count(channel, name, optional);
  faults.texts(channel, 'link', address);
  faults.texts(channel, 'lastBuildDate', rfc822);
  faults.texts(channel, 'ttl', /^[1-9]\d*$/);
  faults.texts(channel, 'language', language);
  checkLinks(channel, faults);
  const items = all(channel, 'item');
  faults.distinct(
    items.flatMap((item) => all(item, 'guid').map(({ text }) => text)),
    'guids',
  );
  for (const item of items) checkItem(item, faults);
}

function checkItem(item: Element, faults: Faults): void {
  const once = ['title', 'link', 'guid', 'pubDate', 'description', 'source'];
  const maybe = ['content:encoded', 'dc:creator', 'dc:language', 'enclosure', 'media:thumbnail'];
  faults.known(item, [...once, ...maybe, 'category', 'media:content']);
  for (const name of once) faults.count(item, name, one);
  for (const name of maybe) faults.count(item, name, optional);
  faults.texts(item, 'link', address);
  faults.texts(item, 'guid', /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  for (const { text } of all(item, 'title'))
    faults.demand(!/<[a-z/!?]|&#?\w+;/i.test(text), `title looks like HTML: "${text}"`);
  faults.texts(item, 'pubDate', rfc822);
  faults.texts(item, 'dc:language', language);
  for (const guid of all(item, 'guid')) faults.attribute(guid, 'isPermaLink', /^false$/);
  for (const source of all(item, 'source')) faults.attribute(source, 'url', address);
  for (const enclosure of all(item, 'enclosure')) {
    faults.attribute(enclosure, 'url', address);
    faults.attribute(enclosure, 'length', /^\d+$/);
    faults.attribute(enclosure, 'type', mediaType);
  }
  for (const media of [...all(item, 'media:content'), ...all(item, 'media:thumbnail')])
    faults.attribute(media, 'url', address);
  const order = item.children.map(({ name }) => name);
  // Readers that ignore modules use the last text that they find, so the plain text comes first.
  const encoded = order.indexOf('content:encoded');
  faults.demand(encoded === -1 || order.indexOf('description') < encoded, 'content:encoded stands before description');
  const [pubDate] = all(item, 'pubDate');
  faults.demand(plausible(pubDate?.text ?? ''), `pubDate ${pubDate?.text} is not plausible`);
}

/** The violations of RFC 4287, RFC 5005 and the rules of the W3C validator. */
export function faultsOfAtom(xml: string): readonly string[] {
  const faults = new Faults();
  const feed = readTree(xml);
  faults.demand(feed.name === 'atom:feed', 'the root is not an Atom feed');
  const names = ['id', 'title', 'subtitle', 'updated', 'generator', 'author', 'link', 'entry'];
  faults.known(feed, [...names.map(atom), 'at:deleted-entry']);
  for (const name of ['id', 'title', 'updated', 'author']) faults.count(feed, atom(name), one);
  faults.texts(feed, 'atom:id', address);
  faults.texts(feed, 'atom:updated', rfc3339);
  checkLinks(feed, faults);
  noEmptyElement(feed, faults);
  const entries = all(feed, 'atom:entry');
  faults.distinct(
    entries.flatMap((entry) => all(entry, atom('id')).map(({ text }) => text)),
    "entries' id",
  );
  for (const prefix of ['at', 'media']) {
    const used = everyElement(feed).some(({ name }) => name.startsWith(`${prefix}:`));
    faults.demand(xml.includes(` xmlns:${prefix}=`) === used, `the namespace ${prefix} is declared for nothing`);
  }
  for (const element of everyElement(feed)) faults.optional(element, 'xml:lang', language);
  for (const entry of entries) checkEntry(entry, faults);
  return faults.list;
}

function checkEntry(entry: Element, faults: Faults): void {
  const once = ['id', 'title', 'updated', 'published', 'source'];
  const names = [...once, 'link', 'summary', 'content', 'author', 'category'];
  faults.known(entry, [...names.map(atom), 'media:thumbnail']);
  for (const name of once) faults.count(entry, atom(name), one);
  for (const name of ['summary', 'content']) faults.count(entry, atom(name), optional);
  // An entry without an author has that of the feed: RFC 4287 §4.2.1.
  faults.count(entry, atom('author'), one);
  faults.texts(entry, 'atom:id', /^urn:uuid:/);
  for (const name of ['updated', 'published']) faults.texts(entry, atom(name), rfc3339);
  const links = all(entry, 'atom:link');
  faults.demand(
    links.filter(({ attributes }) => (attributes['rel'] ?? 'alternate') === 'alternate').length === 1,
    'an entry has not one alternate link',
  );
  for (const link of links) {
    faults.attribute(link, 'href', address);
    faults.optional(link, 'type', mediaType);
    faults.optional(link, 'length', /^\d+$/);
  }
  for (const text of [...all(entry, 'atom:summary'), ...all(entry, 'atom:content')])
    faults.attribute(text, 'type', /^html$/);
  for (const category of all(entry, 'atom:category')) faults.attribute(category, 'term', /\S/);
  for (const author of all(entry, 'atom:author')) faults.count(author, 'atom:name', one);
  for (const source of all(entry, 'atom:source')) {
    for (const name of ['id', 'title', 'updated', 'author']) faults.count(source, atom(name), one);
    faults.texts(source, 'atom:id', address);
    for (const link of all(source, 'atom:link')) faults.attribute(link, 'href', address);
  }
}

function atom(name: string): string {
  return `atom:${name}`;
}

/** Checks the links of a feed: one absolute self link, at most one next link. */
function checkLinks(parent: Element, faults: Faults): void {
  const links = all(parent, 'atom:link');
  const having = (rel: string): number => links.filter(({ attributes }) => attributes['rel'] === rel).length;
  faults.demand(having('self') === 1, `there are ${having('self')} links to self`);
  faults.demand(having('next') <= 1, `there are ${having('next')} links to next`);
  faults.count(parent, 'atom:link', some);
  for (const link of links) faults.attribute(link, 'href', address);
}

function noEmptyElement(root: Element, faults: Faults): void {
  for (const { name, children, text } of everyElement(root)) {
    faults.demand(emptyElements.has(name) || children.length > 0 || text.trim() !== '', `${name} is empty`);
  }
}

function plausible(date: string): boolean {
  return Date.parse(date) >= Date.UTC(1990, 0, 1);
}

/** The violations of OPML 2.0 in a list of subscriptions. */
export function faultsOfOpml(xml: string): readonly string[] {
  const faults = new Faults();
  const opml = readTree(xml);
  faults.demand(opml.name === 'opml' && opml.attributes['version'] === '2.0', 'the root is not <opml version="2.0">');
  faults.count(opml, 'head', one);
  faults.count(opml, 'body', one);
  for (const outline of everyElement(opml).filter(({ name }) => name === 'outline')) {
    faults.attribute(outline, 'text', /\S/);
    if (outline.attributes['type'] !== undefined) faults.attribute(outline, 'xmlUrl', address);
    faults.optional(outline, 'htmlUrl', address);
  }
  return faults.list;
}
