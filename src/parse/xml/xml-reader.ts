import { decodeXML } from 'entities';
import { type Handler, Parser } from 'htmlparser2';

/** An object that inherits nothing, not even `constructor`: its keys are element and attribute names of publishers. */
interface NullPrototypeObject {
  [name: string]: unknown;
}
const NullPrototypeObject = function BareObject() {} as unknown as { new (): NullPrototypeObject; prototype: object };
NullPrototypeObject.prototype = Object.freeze(Object.create(null) as object);

/** The keys of the text and of the attributes of an element in the tree of xml2js, which rss-parser expects. */
const textKey = '_';
const attributesKey = '$';

const cdataStart = '<![CDATA[';
const cdataEnd = ']]>';

const undecoded = { xmlMode: true, decodeEntities: false };

/**
 * Parses a well-formed document to the tree that rss-parser expects: an element with only text is a string, any other an
 * object with attributes `$`, text `_` and arrays of children by name. Names are in lower case.
 *
 * Does not check that the document is well-formed: `repairXml` ensures it. Throws if the document has no element.
 */
export function readXml(xml: string): unknown {
  const builder = new TreeBuilder();
  const parser = new Parser(builder, undecoded);
  let from = 0;
  // Most of a feed may be CDATA. The parser would scan each character of it, so it gets only the parts between sections.
  for (let at = xml.indexOf(cdataStart); at >= 0; at = xml.indexOf(cdataStart, from)) {
    const end = xml.indexOf(cdataEnd, at);
    if (end < 0) break;
    // The parser stores empty chunks, too, and scans them all at the end.
    if (at > from) parser.write(xml.slice(from, at));
    from = at;
    // Inside a tag the section is part of an attribute value.
    if (builder.isInTag) break;
    builder.addCdata(xml.slice(at + cdataStart.length, end));
    from = end + cdataEnd.length;
  }
  parser.end(xml.slice(from));
  if (builder.root === null) throw new Error('the document has no element');
  return builder.root;
}

/** An open element. */
class OpenElement {
  readonly name: string;
  readonly node = new NullPrototypeObject();
  /** Whether the node has neither attributes nor children. */
  isEmpty = true;
  text = '';
  /** White space beside child elements is dropped unless it is CDATA. */
  hasCdata = false;

  constructor(name: string) {
    this.name = name;
  }
}

// A class, not an object literal, for the reason given at `HtmlHandler`.
class TreeBuilder implements Partial<Handler> {
  readonly #names = new LowerCaseNames();
  readonly #open: OpenElement[] = [];
  #last: OpenElement | null = null;
  #inCdata = false;
  root: NullPrototypeObject | null = null;
  /** Whether the parser is inside a tag, after its name. */
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
    if (this.#inCdata) this.addCdata(written);
    else if (open !== null) open.text += written.includes('&') ? decodeXML(written) : written;
  }

  /** Adds text without decoding references. */
  addCdata(text: string): void {
    const open = this.#last;
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

/** Converts names to lower case, and renames those that are keys of the tree itself. */
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
