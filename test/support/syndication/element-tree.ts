import { SaxesParser, type SaxesTagNS } from 'saxes';

/** An element with its content. */
export interface Element {
  /** With the prefix that our feeds use. */
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const prefixes: Readonly<Record<string, string>> = {
  '': '',
  'http://www.w3.org/2005/Atom': 'atom:',
  'http://purl.org/rss/1.0/modules/content/': 'content:',
  'http://purl.org/dc/elements/1.1/': 'dc:',
  'http://purl.org/atompub/tombstones/1.0': 'at:',
  'http://search.yahoo.com/mrss/': 'media:',
};

/**
 * Reads a document as strictly as XML 1.0 with namespaces is read.
 *
 * @throws Error where it is not well-formed.
 */
export function readTree(xml: string): Element {
  const root: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [root];
  const parser = new SaxesParser({ xmlns: true });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', (tag: SaxesTagNS) => {
    const attributes = Object.fromEntries(Object.values(tag.attributes).map(({ name, value }) => [name, value]));
    const element = { name: `${prefixes[tag.uri] ?? `{${tag.uri}}`}${tag.local}`, attributes, children: [], text: '' };
    open.at(-1)?.children.push(element);
    open.push(element);
  });
  const add = (text: string): void => {
    const element = open.at(-1);
    if (element !== undefined) element.text += text;
  };
  parser.on('text', add);
  parser.on('cdata', add);
  parser.on('closetag', () => void open.pop());
  parser.write(xml).close();
  const [element] = root.children;
  if (element === undefined) throw new Error('there is no element');
  return element;
}

/** The children of a name. */
export function all(parent: Element, name: string): Element[] {
  return parent.children.filter((child) => child.name === name);
}

/** Every element of a document. */
export function everyElement(element: Element): Element[] {
  return [element, ...element.children.flatMap(everyElement)];
}
