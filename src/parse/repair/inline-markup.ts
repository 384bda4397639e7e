import { closesItsKind, isHtmlName, isVoidElement } from './element-roles.ts';
import { elementDefaults, type FeedElementStack, type OpenElement } from './feed-element-stack.ts';
import type { NamespaceScope, ResolvedName } from './namespace-scope.ts';
import type { RepairContext } from './repair-context.ts';
import { escapeXml } from './repair-references.ts';
import { type StartTag, toCdata } from './repair-tags.ts';
import { inlineMarkupTag } from './repaired-xml.ts';

/** A start tag, and what its name means where it stands. */
export interface NamedStartTag {
  readonly at: number;
  readonly tag: StartTag;
  /** As written, with the space before them. */
  readonly attributes: string;
  readonly naming: ResolvedName;
  readonly scope: NamespaceScope;
}

/**
 * Markup that publishers put into a text without escaping it, made text. Its elements are followed only to find its end;
 * what is edited in it is what a reader of HTML would take differently.
 */
export class InlineMarkup {
  readonly #repair: RepairContext;
  readonly #open: FeedElementStack;
  #base: OpenElement | null = null;

  constructor(repair: RepairContext, open: FeedElementStack) {
    this.#repair = repair;
    this.#open = open;
  }

  /** The text element whose markup is being read as text; null outside of such. */
  get textElement(): OpenElement | null {
    return this.#base;
  }

  /** Begins with the first element in a text. */
  begin(base: OpenElement): void {
    this.#base = base;
    // References in it are left to whoever reads the markup.
    this.#repair.edits.truncate(base.contentEdits);
  }

  /** Ends at `at`, if `element` is the text that holds the markup. */
  end(element: OpenElement, at: number): void {
    if (this.#base !== element) return;
    this.#base = null;
    const { edits, text } = this.#repair;
    const markup = edits.apply(text, { from: element.contentAt, to: at, first: element.contentEdits });
    edits.truncate(element.contentEdits);
    edits.add(element.contentAt, at, `<${inlineMarkupTag}/>${toCdata(markup)}`);
  }

  /** Leaves the markup unfinished: the item that it stands in is dropped. */
  abandon(): void {
    this.#base = null;
  }

  startTag({ at, tag, naming, scope }: NamedStartTag): void {
    const { edits } = this.#repair;
    const renamed = htmlName(tag.name, naming);
    const name = renamed ?? tag.name;
    const mayBeSign = !isHtmlName(name) && !containsXml(this.#base);
    if (mayBeSign) edits.add(at, at + 1, '<');
    const signEdit = mayBeSign ? edits.count - 1 : null;
    if (renamed !== null) edits.add(at + 1, tag.nameEnd, renamed);
    if (isVoidElement(name)) return;
    // The stack must not grow with each `<p>` or `<li>` of a list that is never closed.
    if (closesItsKind(name) && this.#open.top.name === tag.name) this.#open.pop();
    if (tag.selfClosing) edits.add(tag.attributesEnd, tag.end, `></${name}>`);
    else this.#open.push({ ...elementDefaults, name: tag.name, naming, scope, tagAt: at, signEdit }, tag.end);
  }

  endTag(element: OpenElement, at: number, nameEnd: number): void {
    const renamed = htmlName(element.name, element.naming);
    if (renamed !== null) this.#repair.edits.add(at + 2, nameEnd, renamed);
  }

  /** What has a name that HTML does not know and never ends is no element: `vector<int> is`. */
  leftUnclosed(element: OpenElement): void {
    if (element.signEdit !== null) this.#repair.edits.setReplacement(element.signEdit, '&lt;');
  }

  /** In XHTML a CDATA section is text; what else carries markup had its author's HTML put into it. */
  cdata(from: number, to: number, content: string): void {
    this.#repair.edits.add(from, to, this.#base?.type === 'xhtml' ? escapeXml(content) : content);
  }
}

/** Whether a text's content is XML of some kind, in which any element name may occur. */
export function containsXml(element: OpenElement | null): boolean {
  return element?.type.includes('/') === true && !element.type.includes('html');
}

/** `div` for `xhtml:div`; null when the name may stay as it is. */
function htmlName(name: string, naming: ResolvedName): string | null {
  return naming.field.startsWith('xhtml:') && name.includes(':') ? name.slice(name.indexOf(':') + 1) : null;
}
