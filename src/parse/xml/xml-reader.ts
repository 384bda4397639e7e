import { decodeXML } from 'entities';
import { type Handler, Parser } from 'htmlparser2';

/** The element and attribute names of a tree are keys of an object that inherits nothing, not even `constructor`. */
interface NullPrototypeObject {
  [name: string]: unknown;
}
const NullPrototypeObject = function BareObject() {} as unknown as { new (): NullPrototypeObject; prototype: object };
NullPrototypeObject.prototype = Object.freeze(Object.create(null) as object);

/** Of an element's text and of its attributes, in the form of tree that rss-parser works on. */
const textKey = '_';
const attributesKey = '$';

const cdataStart = '<![CDATA[';
const cdataEnd = ']]>';

const undecoded = { xmlMode: true, decodeEntities: false };

/**
 * The tree of a well-formed document, in the form that rss-parser works on: an element is its text when it has nothing
 * else, or attributes `$`, text `_` and lists of children by their names, in lower case.
 *
 * What is not well-formed is read somehow: mending is what sees to that. Throws on a document without an element.
 */
export function readXml(xml: string): unknown {
  const builder = new TreeBuilder();
  const parser = new Parser(builder, undecoded);
  let from = 0;
  // The parser looks at each character of a section, which most of a feed may stand in: it gets what is between them.
  for (let at = xml.indexOf(cdataStart); at >= 0; at = xml.indexOf(cdataStart, from)) {
    const end = xml.indexOf(cdataEnd, at);
    if (end < 0) break;
    // What is empty it keeps as well, and looks through it all in the end.
    if (at > from) parser.write(xml.slice(from, at));
    from = at;
    // There it is part of a value.
    if (builder.isInTag) break;
    builder.onsection(xml.slice(at + cdataStart.length, end));
    from = end + cdataEnd.length;
  }
  parser.end(xml.slice(from));
  if (builder.root === null) throw new Error('the document has no element');
  return builder.root;
}

/** An element that is still open. */
class OpenElement {
  readonly name: string;
  readonly node = new NullPrototypeObject();
  /** Whether the node has anything yet. */
  isEmpty = true;
  text = '';
  /** White space alone is no text beside other things, unless it is marked as such. */
  hasCdata = false;

  constructor(name: string) {
    this.name = name;
  }
}

// Of a class, as a listener of the parser should be: see the reader of HTML.
class TreeBuilder implements Partial<Handler> {
  readonly #names = new LowerCaseNames();
  readonly #open: OpenElement[] = [];
  #last: OpenElement | null = null;
  #inCdata = false;
  root: NullPrototypeObject | null = null;
  /** Whether the parser stands among the attributes of a tag. */
  isInTag = false;

  onopentagname(): void {
    this.isInTag = true;
  }

  onopentag(written: string, attributes: Readonly<Record<string, string>>): void {
    const open = new OpenElement(this.#names.get(written));
    for (const name in attributes) {
      if (open.isEmpty) open.node[attributesKey] = new NullPrototypeObject();
      open.isEmpty = false;
      const value = attributes[name] ?? '';
      (open.node[attributesKey] as NullPrototypeObject)[this.#names.get(name)] = value.includes('&')
        ? decodeXML(value)
        : value;
    }
    this.#open.push(open);
    this.#last = open;
    this.isInTag = false;
  }

  ontext(written: string): void {
    const open = this.#last;
    if (this.#inCdata) this.onsection(written);
    else if (open !== null) open.text += written.includes('&') ? decodeXML(written) : written;
  }

  /** A text that is marked as such, in which nothing is a reference. */
  onsection(text: string): void {
    const open = this.#last;
    // An empty one marks nothing.
    if (open === null || text === '') return;
    open.hasCdata = true;
    open.text += text;
  }

  oncdatastart(): void {
    this.#inCdata = true;
  }

  oncdataend(): void {
    this.#inCdata = false;
  }

  onclosetag(): void {
    const open = this.#open.pop();
    if (open === undefined) return;
    const parent = this.#open.at(-1) ?? null;
    this.#last = parent;
    if (parent === null) this.root ??= Object.assign(new NullPrototypeObject(), { [open.name]: treeOf(open) });
    else add(parent, open.name, treeOf(open));
  }
}

function treeOf(open: OpenElement): unknown {
  if (open.isEmpty) return open.text;
  if (open.hasCdata || /\S/.test(open.text)) open.node[textKey] = open.text;
  return open.node;
}

function add(parent: OpenElement, name: string, value: unknown): void {
  parent.isEmpty = false;
  const known = parent.node[name];
  if (known === undefined) parent.node[name] = [value];
  else (known as unknown[]).push(value);
}

const maxRemembered = 1000;

/** Lower-cases names, which publishers write in any case; those of the tree itself are taken. */
class LowerCaseNames {
  readonly #known = new Map<string, string>([
    [textKey, '-'],
    [attributesKey, '-'],
  ]);

  get(written: string): string {
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const lower = written.toLowerCase();
    if (this.#known.size < maxRemembered) this.#known.set(written, lower);
    return lower;
  }
}
