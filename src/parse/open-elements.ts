import { fieldsTag } from './mended.ts';
import type { Naming, Scope } from './scope.ts';

/** An element whose end has not been reached. */
export interface OpenElement {
  /** As written. */
  readonly name: string;
  readonly naming: Naming;
  readonly scope: Scope;
  /** Where its start tag begins, and how many edits there were before it. */
  readonly tagAt: number;
  readonly editsBefore: number;
  /** Where its content begins, and how many edits there were up to there. */
  readonly contentAt: number;
  readonly contentEdits: number;
  /** The `type` that a text claims to be of, in lower case; '' when it claims none. */
  readonly type: string;
}

/** Whether an element only stands on the stack: its tags are not written, those around the whole document stand for them. */
export function isVirtual({ naming }: OpenElement): boolean {
  return naming.role === 'channel' || naming.role === 'root';
}

/** The end tag of an element in the mended document. */
export function endTagOf(element: OpenElement): string {
  const { name, naming } = element;
  if (isVirtual(element)) return '';
  if (naming.role === 'item') return itemEnd(naming.field);
  return `</${naming.renamed ? naming.field : name}>`;
}

/** What stands before the attributes of an item, which become its fields' attributes. */
export function itemStart(field: string): string {
  return `<${field}><${fieldsTag}`;
}

/** What ends an item. */
export function itemEnd(field: string): string {
  return `</${fieldsTag}></${field}>`;
}

/** Text whose content is XML of some kind, in which any element name may occur. */
export function holdsXml(element: OpenElement | null): boolean {
  return element?.type.includes('/') === true && !element.type.includes('html');
}

/** `div` for `xhtml:div`, as markup that becomes text needs it; null when the name may stay as it is. */
export function htmlName(name: string, naming: Naming): string | null {
  return naming.field.startsWith('xhtml:') && name.includes(':') ? name.slice(name.indexOf(':') + 1) : null;
}
