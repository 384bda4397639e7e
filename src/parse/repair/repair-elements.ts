import { maxElements, maxItems, maxNameChars, maxNames, maxTagChars } from '../limits/parse-limits.ts';
import { impliesEndTag } from './element-roles.ts';
import {
  elementDefaults,
  endTagOf,
  FeedElementStack,
  isVirtual,
  itemEndTags,
  itemStartTags,
  type OpenElement,
} from './feed-element-stack.ts';
import { containsXml, InlineMarkup, type NamedStartTag } from './inline-markup.ts';
import type { NamespaceScope, ResolvedName } from './namespace-scope.ts';
import type { RepairContext } from './repair-context.ts';
import {
  areWellFormedAttributes,
  endOfEndTag,
  endOfName,
  readAttributes,
  readStartTag,
  type StartTag,
  typeAttribute,
  writeAttributes,
} from './repair-tags.ts';
import { fieldsTag } from './repaired-xml.ts';

const rootName: ResolvedName = { canonical: '', role: 'root', differs: false };

/**
 * Repairs the elements of a document: closes elements that were never closed, drops stray end tags, and converts markup
 * within text to text.
 */
export class ElementRepairer {
  readonly #repair: RepairContext;
  readonly #text: string;
  readonly #open: FeedElementStack;
  readonly #fieldRuns: FieldRuns;
  readonly inline: InlineMarkup;
  #channel: ReadonlyMap<string, string> = new Map();
  #items = 0;
  #droppedItems = 0;
  #firstItemAt = Number.POSITIVE_INFINITY;
  #elements = 0;

  constructor(repair: RepairContext) {
    this.#repair = repair;
    this.#text = repair.text;
    this.#open = new FeedElementStack(repair);
    this.#fieldRuns = new FieldRuns(repair);
    this.inline = new InlineMarkup(repair, this.#open);
  }

  get isEmpty(): boolean {
    return this.#open.depth === 0;
  }

  get keptItems(): number {
    return this.#items - this.#droppedItems;
  }

  /** The position of the first item, dropped or not; Infinity if there is none. */
  get firstItemAt(): number {
    return this.#firstItemAt;
  }

  /** Whether an item beyond `maxItems` begins. */
  get isFull(): boolean {
    return this.#items > maxItems;
  }

  /** The attributes of the RSS channel. */
  get channel(): ReadonlyMap<string, string> {
    return this.#channel;
  }

  /** The element whose text is being read. Within inline markup, the element that contains the markup. */
  get currentElement(): OpenElement {
    return this.inline.textElement ?? this.#open.top;
  }

  /** Opens the root element, whose content begins at `contentAt`. */
  openRoot(name: string, scope: NamespaceScope, contentAt: number): void {
    this.#open.push({ ...elementDefaults, name, resolved: rootName, scope, tagAt: contentAt }, contentAt);
  }

  /** Reads the start tag at `at`. @returns the position after it. */
  readStartTag(at: number): number {
    const tag = readStartTag(this.#text, at);
    // In text, a `<` that runs into the next tag is a character rather than a tag: `a <b c</title>`.
    const isText = tag === null || (!tag.complete && ['text', 'leaf'].includes(this.currentElement.resolved.role));
    if (isText) return this.#repair.escapeAngleBracket(at);
    if (tag.end - at > maxTagChars || tag.name.length > maxNameChars) this.#repair.reject('a tag is too long');
    else this.#openElement(this.#nameTag(at, tag));
    return tag.end;
  }

  #nameTag(at: number, tag: StartTag): NamedStartTag {
    const attributes = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const outer = this.#open.top.scope;
    const scope = attributes.includes('xmlns') ? outer.childScope(readAttributes(attributes)) : outer;
    const name = scope.resolveName(tag.name);
    const isMisplaced = name.role === 'channel' && !isVirtual(this.#open.top);
    const resolved = isMisplaced ? { ...name, role: 'other' as const } : name;
    if (scope.size > maxNames) this.#repair.reject(`more than ${maxNames} different names`);
    return { at, tag, attributes, resolved, scope };
  }

  #openElement(startTag: NamedStartTag): void {
    const { at, tag, resolved } = startTag;
    if (resolved.role === 'item') {
      if (tag.selfClosing && this.#open.item !== undefined) {
        this.#repair.edits.add(at, tag.end, '');
        return;
      }
      this.#items += 1;
      this.#firstItemAt = Math.min(this.#firstItemAt, at);
      if (this.isFull) return;
    }
    this.#closeImplied(startTag);
    if (this.inline.textElement === null && this.#open.top.resolved.role === 'text') this.inline.begin(this.#open.top);
    if (this.inline.textElement !== null) this.inline.startTag(startTag);
    else this.#startElement(startTag);
  }

  #closeImplied({ resolved, at, attributes }: NamedStartTag): void {
    const open = this.currentElement;
    if (containsXml(open)) return;
    if (resolved.role === 'item') {
      this.#discardEmptyItem(at);
      this.#closeDownTo(this.#open.virtualDepth, at);
    } else if (impliesEndTag(open.resolved.role, resolved.canonical, attributes.trim() !== '')) {
      this.#closeDownTo(this.#open.depthOf(open), at);
    }
  }

  /** Removes an item that begins with another item: it only wraps the other. */
  #discardEmptyItem(at: number): void {
    const { resolved, contentAt, contentEdits, tagAt, editsBefore } = this.#open.top;
    const { edits } = this.#repair;
    if (resolved.role !== 'item' || edits.count !== contentEdits) return;
    if (this.#text.slice(contentAt, at).trim() !== '') return;
    this.#open.pop();
    this.#droppedItems += 1;
    edits.truncate(editsBefore);
    this.#fieldRuns.reopen();
    edits.add(tagAt, at, '');
    this.#repair.notes.flag('recovered');
  }

  /** Closes the open elements below a depth at `at`, where they have no end tags. */
  #closeDownTo(depth: number, at: number): void {
    while (this.#open.depth > depth) {
      const element = this.#open.top;
      this.inline.leftUnclosed(element);
      this.inline.end(element, at);
      if (this.inline.textElement === null) this.#repair.edits.add(at, at, endTagOf(element));
      this.#open.pop();
      if (!isVirtual(element)) this.#repair.notes.flag('recovered');
    }
  }

  #startElement({ at, tag, attributes, resolved, scope }: NamedStartTag): void {
    this.#elements += 1;
    if (this.#elements > maxElements) this.#repair.reject(`more than ${maxElements} elements`);
    const editsBefore = this.#repair.edits.count;
    if (resolved.role === 'channel') {
      if (this.#open.depth === 1) this.#channel = readAttributes(attributes);
      this.#repair.edits.add(at, tag.end, '');
    } else if (resolved.role === 'item') {
      this.#writeItemStart(at, tag, resolved);
    } else {
      if (isVirtual(this.#open.top)) this.#fieldRuns.open(at);
      if (resolved.differs) this.#repair.edits.add(at + 1, tag.nameEnd, resolved.canonical);
      this.#writeAttributes(tag);
      if (!tag.complete) this.#repair.edits.add(tag.end, tag.end, '>');
    }
    if (tag.selfClosing) return;
    const type = resolved.role === 'text' && attributes !== '' ? typeAttribute(attributes) : '';
    this.#open.push({ ...elementDefaults, name: tag.name, resolved, scope, tagAt: at, editsBefore, type }, tag.end);
  }

  #writeItemStart(at: number, tag: StartTag, resolved: ResolvedName): void {
    const { edits } = this.#repair;
    edits.add(at, tag.nameEnd, this.#fieldRuns.close() + itemStartTags(resolved.canonical));
    this.#writeAttributes(tag);
    edits.add(tag.attributesEnd, tag.end, tag.selfClosing ? `>${itemEndTags(resolved.canonical)}` : '>');
  }

  /** Rewrites the attributes of a tag if a strict parser would reject them. */
  #writeAttributes({ nameEnd, attributesEnd }: StartTag): void {
    if (nameEnd === attributesEnd) return;
    const isWellFormed = areWellFormedAttributes(this.#text.slice(nameEnd, attributesEnd));
    if (isWellFormed && !this.#repair.hasSuspectReference(nameEnd, attributesEnd)) return;
    const attributes = readAttributes(this.#repair.repairedSlice(nameEnd, attributesEnd));
    this.#repair.edits.add(nameEnd, attributesEnd, writeAttributes(attributes));
    this.#repair.notes.flag('recovered');
  }

  /** Reads the end tag at `at`. @returns the position after it. */
  readEndTag(at: number): number {
    const nameEnd = endOfName(this.#text, at + 2);
    if (nameEnd === null) return this.#repair.escapeAngleBracket(at);
    const end = endOfEndTag(this.#text, nameEnd);
    const name = this.#text.slice(at + 2, nameEnd);
    const depth = this.#open.top.name === name ? this.#open.depth - 1 : this.#open.depthOfName(name);
    if (depth < 0) {
      this.#dropEndTag(at, end);
    } else {
      this.#closeDownTo(depth + 1, at);
      this.#closeTop({ at, nameEnd, end });
    }
    return end;
  }

  #dropEndTag(at: number, end: number): void {
    this.#repair.edits.add(at, end, '');
    if (this.inline.textElement === null) this.#repair.notes.flag('recovered');
  }

  #closeTop({ at, nameEnd, end }: { at: number; nameEnd: number; end: number }): void {
    const element = this.#open.top;
    this.inline.end(element, at);
    this.#open.pop();
    if (this.#open.depth === 0) return;
    if (this.inline.textElement !== null) {
      this.inline.endTag(element, at, nameEnd);
      return;
    }
    const written = endTagOf(element);
    if (this.#text.slice(at, end) !== written) this.#repair.edits.add(at, end, written);
  }

  /**
   * Ends the document at `end`, where elements may be open. Drops an open item.
   *
   * @returns the end of the part that is kept.
   */
  finish(end: number): number {
    const { item } = this.#open;
    const keptEnd = item?.tagAt ?? end;
    if (item !== undefined) {
      this.inline.abandon();
      this.#open.pop(this.#open.depthOf(item));
      this.#droppedItems += 1;
      this.#repair.edits.truncate(item.editsBefore);
      this.#fieldRuns.reopen();
    }
    this.#closeDownTo(0, keptEnd);
    this.#repair.edits.add(keptEnd, keptEnd, this.#fieldRuns.close());
    return keptEnd;
  }
}

/**
 * Wraps each run of feed fields between items in an element `fieldsTag`. The element is opened by the first field of the
 * run, so that adjacent items have no empty element between them.
 */
class FieldRuns {
  readonly #repair: RepairContext;
  #isOpen = false;
  #wasOpen = false;

  constructor(repair: RepairContext) {
    this.#repair = repair;
  }

  /** Opens a run at `at`, unless one is open. */
  open(at: number): void {
    if (!this.#isOpen) this.#repair.edits.add(at, at, `<${fieldsTag}>`);
    this.#isOpen = true;
  }

  /** Closes the open run. @returns its end tag; empty if none is open. */
  close(): string {
    this.#wasOpen = this.#isOpen;
    this.#isOpen = false;
    return this.#wasOpen ? `</${fieldsTag}>` : '';
  }

  /** Undoes the last `close` after its end tag was discarded together with the item after it. */
  reopen(): void {
    this.#isOpen = this.#wasOpen;
  }
}
