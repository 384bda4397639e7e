import { toCdata } from './cdata-sections.ts';
import { closesItsKind, isHtmlName, isVoidElement } from './element-roles.ts';
import { elementDefaults, type FeedElementStack, type OpenElement } from './feed-element-stack.ts';
import type { NamespaceScope, ResolvedName } from './namespace-scope.ts';
import type { RepairContext } from './repair-context.ts';
import { escapeXml } from './repair-references.ts';
import type { StartTag } from './repair-tags.ts';
import { inlineMarkupTag } from './repaired-xml.ts';

/** A start tag with its name resolved. */
export interface NamedStartTag {
  readonly at: number;
  readonly tag: StartTag;
  /** As written, with the white space before them. */
  readonly attributes: string;
  readonly resolved: ResolvedName;
  readonly scope: NamespaceScope;
}

/**
 * Converts markup that a publisher put into a text element without escaping it to text. Its elements are tracked only to
 * find its end. It is edited only where an HTML parser would read it differently.
 */
export class InlineMarkup {
  readonly #repair: RepairContext;
  readonly #open: FeedElementStack;
  #textElement: OpenElement | null = null;

  constructor(repair: RepairContext, open: FeedElementStack) {
    this.#repair = repair;
    this.#open = open;
  }

  /** The text element that contains the markup; null outside markup. */
  get textElement(): OpenElement | null {
    return this.#textElement;
  }

  /** Begins at the first child element of a text element. */
  begin(textElement: OpenElement): void {
    this.#textElement = textElement;
    // Discard the repairs of references: the HTML parser decodes them.
    this.#repair.edits.truncate(textElement.contentEdits);
  }

  /** Ends the markup at `at` if `element` is the text element that contains it. */
  end(element: OpenElement, at: number): void {
    if (this.#textElement !== element) return;
    this.#textElement = null;
    const { edits, text } = this.#repair;
    const markup = edits.apply(text, { from: element.contentAt, to: at, first: element.contentEdits });
    edits.truncate(element.contentEdits);
    edits.add(element.contentAt, at, `<${inlineMarkupTag}/>${toCdata(markup)}`);
  }

  /** Discards unfinished markup because its item is dropped. */
  abandon(): void {
    this.#textElement = null;
  }

  startTag({ at, tag, resolved, scope }: NamedStartTag): void {
    const { edits } = this.#repair;
    const renamed = htmlName(tag.name, resolved);
    const name = renamed ?? tag.name;
    const mayBeText = !isHtmlName(name) && !containsXml(this.#textElement);
    if (mayBeText) edits.add(at, at + 1, '<');
    const bracketEdit = mayBeText ? edits.count - 1 : null;
    if (renamed !== null) edits.add(at + 1, tag.nameEnd, renamed);
    if (isVoidElement(name)) return;
    // The stack must not grow with each `<p>` or `<li>` of a list that is never closed.
    if (closesItsKind(name) && this.#open.top.name === tag.name) this.#open.pop();
    if (tag.selfClosing) edits.add(tag.attributesEnd, tag.end, `></${name}>`);
    else this.#open.push({ ...elementDefaults, name: tag.name, resolved, scope, tagAt: at, bracketEdit }, tag.end);
  }

  endTag(element: OpenElement, at: number, nameEnd: number): void {
    const renamed = htmlName(element.name, element.resolved);
    if (renamed !== null) this.#repair.edits.add(at + 2, nameEnd, renamed);
  }

  /** Escapes a start tag that is not an HTML element and was never closed: `vector<int> is`. */
  leftUnclosed(element: OpenElement): void {
    if (element.bracketEdit !== null) this.#repair.edits.setReplacement(element.bracketEdit, '&lt;');
  }

  /** Adds a CDATA section: in XHTML it is text, in other markup publishers put HTML into it. */
  cdata(from: number, to: number, content: string): void {
    this.#repair.edits.add(from, to, this.#textElement?.type === 'xhtml' ? escapeXml(content) : content);
  }
}

/** Whether the content of a text element is XML, in which any element name may occur. */
export function containsXml(element: OpenElement | null): boolean {
  return element?.type.includes('/') === true && !element.type.includes('html');
}

/** `div` for `xhtml:div`; null if the name needs no change. */
function htmlName(name: string, resolved: ResolvedName): string | null {
  return resolved.canonical.startsWith('xhtml:') && name.includes(':') ? name.slice(name.indexOf(':') + 1) : null;
}
