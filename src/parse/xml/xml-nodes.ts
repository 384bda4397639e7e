import { inlineMarkupTag } from '../repair/repaired-xml.ts';

/** An element in the tree of rss-parser: only its text, or attributes `$`, text `_` and arrays of children by name. */
export type XmlNode = string | { readonly [key: string]: unknown };

const none: readonly XmlNode[] = [];
const mediaContainers = ['media:group', 'media:content'];

/** The child elements of an item or a feed by canonical name; those of one name in document order. */
export class Fields {
  readonly #byName = new Map<string, XmlNode[]>();

  /** Collects the children of nodes. Elements in Media RSS groups follow those outside the groups. */
  constructor(nodes: readonly XmlNode[]) {
    for (const node of nodes) this.#collect(node);
    for (const name of mediaContainers) {
      for (const container of this.of(name)) this.#collect(container);
    }
  }

  #collect(node: XmlNode): void {
    if (typeof node === 'string') return;
    for (const name of Object.keys(node)) {
      const value = node[name];
      if (!Array.isArray(value)) continue;
      const known = this.#byName.get(name);
      if (known === undefined) this.#byName.set(name, value.filter(isXmlNode));
      else for (const one of value) if (isXmlNode(one)) known.push(one);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  of(name: string): readonly XmlNode[] {
    return this.#byName.get(name) ?? none;
  }

  /** The elements of several names, those of an earlier name first. */
  ofAll(names: readonly string[]): readonly XmlNode[] {
    let found = none;
    for (const name of names) {
      const nodes = this.of(name);
      if (nodes.length > 0) found = found.length === 0 ? nodes : [...found, ...nodes];
    }
    return found;
  }
}

/** The children of a node called `name`. */
export function childrenOf(node: XmlNode | undefined, name: string): readonly XmlNode[] {
  if (typeof node !== 'object') return none;
  const children = node[name];
  return Array.isArray(children) ? children.filter(isXmlNode) : none;
}

/** Whether a value of the tree is an element. */
export function isXmlNode(value: unknown): value is XmlNode {
  return typeof value === 'string' || (typeof value === 'object' && value !== null && !Array.isArray(value));
}

/** The trimmed text of an element without that of its children; '' if there is none. */
export function textOf(node: XmlNode | undefined): string {
  if (typeof node === 'string') return node.trim();
  const text = node?.['_'];
  return typeof text === 'string' ? text.trim() : '';
}

/** All text in an element and below it. */
export function deepTextOf(node: XmlNode): string {
  if (typeof node === 'string') return node.trim();
  const parts = [textOf(node)];
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) parts.push(...value.filter(isXmlNode).map(deepTextOf));
  }
  return parts.filter((part) => part !== '').join(' ');
}

/** The trimmed value of an attribute; null if absent or empty. */
export function attributeOf(node: XmlNode | undefined, name: string): string | null {
  if (typeof node !== 'object') return null;
  const attributes = node['$'];
  if (typeof attributes !== 'object' || attributes === null) return null;
  const value: unknown = Object.getOwnPropertyDescriptor(attributes, name)?.value;
  return typeof value === 'string' ? value.trim() || null : null;
}

/** Whether the element contained markup as child elements, which repair converted to text. */
export function hadInlineMarkup(node: XmlNode): boolean {
  return typeof node === 'object' && inlineMarkupTag in node;
}

/** The first non-empty text of the named fields, in the order of the names. */
export function firstText(fields: Fields, names: readonly string[]): string | null {
  for (const name of names) {
    for (const node of fields.of(name)) {
      const text = textOf(node);
      if (text !== '') return text;
    }
  }
  return null;
}
