import { maxDepth } from '../limits/parse-limits.ts';
import type { NamespaceScope, ResolvedName } from './namespace-scope.ts';
import type { RepairContext } from './repair-context.ts';
import { fieldsTag } from './repaired-xml.ts';

/** An element whose end has not been reached. */
export interface OpenElement {
  /** As written. */
  readonly name: string;
  readonly resolved: ResolvedName;
  readonly scope: NamespaceScope;
  /** The position of the start tag, and the number of edits before it. */
  readonly tagAt: number;
  readonly editsBefore: number;
  /** The position of the content, and the number of edits before it. */
  readonly contentAt: number;
  readonly contentEdits: number;
  /** The `type` attribute of a text element, in lower case; '' if there is none. */
  readonly type: string;
  /** In inline markup: the number of the edit that can escape the `<` of the start tag; null for HTML elements. */
  readonly bracketEdit: number | null;
}

/** The values of the fields that only some elements use. */
export const elementDefaults = { type: '', bracketEdit: null, editsBefore: 0 };

/** The open elements of a document, the root first. */
export class FeedElementStack {
  readonly #repair: RepairContext;
  readonly #stack: OpenElement[] = [];

  constructor(repair: RepairContext) {
    this.#repair = repair;
  }

  get depth(): number {
    return this.#stack.length;
  }

  /** The innermost element. Throws if none is open. */
  get top(): OpenElement {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error('no element is open');
    return top;
  }

  /** The open item; undefined outside items. */
  get item(): OpenElement | undefined {
    return this.#stack.find((element) => element.resolved.role === 'item');
  }

  /** Opens an element whose content begins at `contentAt`. The edits of its start tag must have been added. */
  push(opened: Omit<OpenElement, 'contentAt' | 'contentEdits'>, contentAt: number): void {
    this.#stack.push({ ...opened, contentAt, contentEdits: this.#repair.edits.count });
    if (this.#stack.length > maxDepth) this.#repair.reject(`elements are nested deeper than ${maxDepth}`);
  }

  /** Removes the innermost element, or all down to a depth. */
  pop(depth = this.#stack.length - 1): void {
    this.#stack.length = depth;
  }

  /** The number of elements around an open one. */
  depthOf(element: OpenElement): number {
    return this.#stack.indexOf(element);
  }

  /** The number of elements around the innermost element of this name, in any case; -1 if none is open. */
  depthOfName(name: string): number {
    const lower = name.toLowerCase();
    return this.#stack.findLastIndex((element) => element.name.toLowerCase() === lower);
  }

  /** How many of the outermost elements are virtual. */
  get virtualDepth(): number {
    const first = this.#stack.findIndex((element) => !isVirtual(element));
    return first < 0 ? this.#stack.length : first;
  }
}

/** Whether the tags of an element are not written: the repaired document has a root and a channel of its own. */
export function isVirtual({ resolved }: OpenElement): boolean {
  return resolved.role === 'channel' || resolved.role === 'root';
}

/** The end tag of an element in the repaired document. */
export function endTagOf(element: OpenElement): string {
  const { name, resolved } = element;
  if (isVirtual(element)) return '';
  if (resolved.role === 'item') return itemEndTags(resolved.canonical);
  return `</${resolved.differs ? resolved.canonical : name}>`;
}

/** The start of an item, up to its attributes, which become attributes of its `fieldsTag`. */
export function itemStartTags(name: string): string {
  return `<${name}><${fieldsTag}`;
}

/** The end tags of an item. */
export function itemEndTags(name: string): string {
  return `</${fieldsTag}></${name}>`;
}
