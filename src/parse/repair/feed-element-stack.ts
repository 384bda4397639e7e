import { maxDepth } from '../limits/parse-limits.ts';
import type { NamespaceScope, ResolvedName } from './namespace-scope.ts';
import type { RepairContext } from './repair-context.ts';
import { fieldsTag } from './repaired-xml.ts';

/** An element whose end has not been reached. */
export interface OpenElement {
  /** As written. */
  readonly name: string;
  readonly naming: ResolvedName;
  readonly scope: NamespaceScope;
  /** Where its start tag begins, and how many edits there were before it. */
  readonly tagAt: number;
  readonly editsBefore: number;
  /** Where its content begins, and how many edits there were up to there. */
  readonly contentAt: number;
  readonly contentEdits: number;
  /** The `type` that a text claims to be of, in lower case; '' when it claims none. */
  readonly type: string;
  /** In markup read as text: the number of the edit that can make a sign of its `<`; null when it is HTML's. */
  readonly signEdit: number | null;
}

/** What only some elements have, as it is for the others. */
export const elementDefaults = { type: '', signEdit: null, editsBefore: 0 };

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

  /** The innermost. Must not be asked for when none is open. */
  get top(): OpenElement {
    const top = this.#stack.at(-1);
    if (top === undefined) throw new Error('no element is open');
    return top;
  }

  /** The open item; undefined outside of items. */
  get item(): OpenElement | undefined {
    return this.#stack.find((element) => element.naming.role === 'item');
  }

  /** Opens an element whose content begins at `contentAt`; its start tag's edits must be made. */
  push(opened: Omit<OpenElement, 'contentAt' | 'contentEdits'>, contentAt: number): void {
    this.#stack.push({ ...opened, contentAt, contentEdits: this.#repair.edits.count });
    if (this.#stack.length > maxDepth) this.#repair.reject(`elements are nested deeper than ${maxDepth}`);
  }

  /** Takes off the innermost element, or all down to a depth. */
  pop(depth = this.#stack.length - 1): void {
    this.#stack.length = depth;
  }

  /** How many elements are around an open one. */
  depthOf(element: OpenElement): number {
    return this.#stack.indexOf(element);
  }

  /** How many elements are around the innermost one of a name, in whatever case; -1 when none has it. */
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

/** Whether an element only stands on the stack: its tags are not written, those around the whole document stand for them. */
export function isVirtual({ naming }: OpenElement): boolean {
  return naming.role === 'channel' || naming.role === 'root';
}

/** The end tag of an element in the mended document. */
export function endTagOf(element: OpenElement): string {
  const { name, naming } = element;
  if (isVirtual(element)) return '';
  if (naming.role === 'item') return itemEndTags(naming.field);
  return `</${naming.renamed ? naming.field : name}>`;
}

/** What stands before the attributes of an item, which become its fields' attributes. */
export function itemStartTags(field: string): string {
  return `<${field}><${fieldsTag}`;
}

/** What ends an item. */
export function itemEndTags(field: string): string {
  return `</${fieldsTag}></${field}>`;
}
