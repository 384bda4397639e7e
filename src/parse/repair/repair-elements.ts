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
import { FieldRuns } from './field-runs.ts';
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

const rootNaming: ResolvedName = { field: '', role: 'root', renamed: false };

/** The elements of a document under repair: which are open, which were never closed, and which are text after all. */
export class ElementRepairer {
  readonly #repair: RepairContext;
  readonly #text: string;
  readonly #open: FeedElementStack;
  readonly #stretches: FieldRuns;
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
    this.#stretches = new FieldRuns(repair);
    this.inline = new InlineMarkup(repair, this.#open);
  }

  get isEmpty(): boolean {
    return this.#open.depth === 0;
  }

  /** How many items were kept. */
  get keptItems(): number {
    return this.#items - this.#droppedItems;
  }

  /** Where the first item began, kept or not; infinite: nowhere. */
  get firstItemAt(): number {
    return this.#firstItemAt;
  }

  /** Whether as many items were read as are taken, and one more begins. */
  get isFull(): boolean {
    return this.#items > maxItems;
  }

  /** The attributes of RSS's `channel`. */
  get channel(): ReadonlyMap<string, string> {
    return this.#channel;
  }

  /** The element whose text is being read: that which holds the markup, if markup is text here. */
  get textElement(): OpenElement {
    return this.inline.textElement ?? this.#open.top;
  }

  /** Opens the root, whose content begins at `contentAt`. */
  openRoot(name: string, scope: NamespaceScope, contentAt: number): void {
    this.#open.push({ ...elementDefaults, name, naming: rootNaming, scope, tagAt: contentAt }, contentAt);
  }

  /** Reads the start tag at `at`. @returns where to go on reading. */
  readStartTag(at: number): number {
    const tag = readStartTag(this.#text, at);
    // In text, what runs into the next tag is rather a sign than a tag: `a <b c</title>`.
    const isSign = tag === null || (!tag.complete && ['text', 'leaf'].includes(this.textElement.naming.role));
    if (isSign) return this.#repair.escapeAngleBracket(at);
    if (tag.end - at > maxTagChars || tag.name.length > maxNameChars) this.#repair.reject('a tag is too long');
    else this.#start(this.#nameTag(at, tag));
    return tag.end;
  }

  #nameTag(at: number, tag: StartTag): NamedStartTag {
    const attributes = this.#text.slice(tag.nameEnd, tag.attributesEnd);
    const outer = this.#open.top.scope;
    const scope = attributes.includes('xmlns') ? outer.childScope(readAttributes(attributes)) : outer;
    const meant = scope.resolveName(tag.name);
    const isMisplaced = meant.role === 'channel' && !isVirtual(this.#open.top);
    const naming = isMisplaced ? { ...meant, role: 'other' as const } : meant;
    if (scope.size > maxNames) this.#repair.reject(`more than ${maxNames} different names`);
    return { at, tag, attributes, naming, scope };
  }

  #start(started: NamedStartTag): void {
    const { at, tag, naming } = started;
    if (naming.role === 'item') {
      if (tag.selfClosing && this.#open.item !== undefined) {
        this.#repair.edits.add(at, tag.end, '');
        return;
      }
      this.#items += 1;
      this.#firstItemAt = Math.min(this.#firstItemAt, at);
      if (this.isFull) return;
    }
    this.#endWhatIsImplied(started);
    if (this.inline.textElement === null && this.#open.top.naming.role === 'text') this.inline.begin(this.#open.top);
    if (this.inline.textElement !== null) this.inline.startTag(started);
    else this.#startElement(started);
  }

  #endWhatIsImplied({ naming, at, attributes }: NamedStartTag): void {
    const base = this.textElement;
    if (containsXml(base)) return;
    if (naming.role === 'item') {
      this.#discardEmptyItem(at);
      this.#closeDownTo(this.#open.virtualDepth, at);
    } else if (impliesEndTag(base.naming.role, naming.field, attributes.trim() !== '')) {
      this.#closeDownTo(this.#open.depthOf(base), at);
    }
  }

  /** An item that begins with another item is only a wrapper about it. */
  #discardEmptyItem(at: number): void {
    const { naming, contentAt, contentEdits, tagAt, editsBefore } = this.#open.top;
    const { edits } = this.#repair;
    if (naming.role !== 'item' || edits.count !== contentEdits) return;
    if (this.#text.slice(contentAt, at).trim() !== '') return;
    this.#open.pop();
    this.#droppedItems += 1;
    edits.truncate(editsBefore);
    this.#stretches.reopen();
    edits.add(tagAt, at, '');
    this.#repair.notes.add('recovered');
  }

  /** Closes the open elements beyond a depth, which lack their end tags, at `at`. */
  #closeDownTo(depth: number, at: number): void {
    while (this.#open.depth > depth) {
      const element = this.#open.top;
      this.inline.leftUnclosed(element);
      this.inline.end(element, at);
      if (this.inline.textElement === null) this.#repair.edits.add(at, at, endTagOf(element));
      this.#open.pop();
      if (!isVirtual(element)) this.#repair.notes.add('recovered');
    }
  }

  #startElement({ at, tag, attributes, naming, scope }: NamedStartTag): void {
    this.#elements += 1;
    if (this.#elements > maxElements) this.#repair.reject(`more than ${maxElements} elements`);
    const editsBefore = this.#repair.edits.count;
    if (naming.role === 'channel') {
      if (this.#open.depth === 1) this.#channel = readAttributes(attributes);
      this.#repair.edits.add(at, tag.end, '');
    } else if (naming.role === 'item') {
      this.#writeItemStart(at, tag, naming);
    } else {
      if (isVirtual(this.#open.top)) this.#stretches.open(at);
      if (naming.renamed) this.#repair.edits.add(at + 1, tag.nameEnd, naming.field);
      this.#writeAttributes(tag);
      if (!tag.complete) this.#repair.edits.add(tag.end, tag.end, '>');
    }
    if (tag.selfClosing) return;
    const type = naming.role === 'text' && attributes !== '' ? typeAttribute(attributes) : '';
    this.#open.push(
      { ...elementDefaults, name: tag.name, naming, scope, tagAt: at, editsBefore, type },
      tag.end,
    );
  }

  #writeItemStart(at: number, tag: StartTag, naming: ResolvedName): void {
    const { edits } = this.#repair;
    edits.add(at, tag.nameEnd, this.#stretches.close() + itemStartTags(naming.field));
    this.#writeAttributes(tag);
    edits.add(tag.attributesEnd, tag.end, tag.selfClosing ? `>${itemEndTags(naming.field)}` : '>');
  }

  /** Edits the attributes of a tag that a strict parser would not take. */
  #writeAttributes({ nameEnd, attributesEnd }: StartTag): void {
    if (nameEnd === attributesEnd) return;
    const isSound = areWellFormedAttributes(this.#text.slice(nameEnd, attributesEnd));
    if (isSound && !this.#repair.hasSuspectReference(nameEnd, attributesEnd)) return;
    const attributes = readAttributes(this.#repair.repairedSlice(nameEnd, attributesEnd));
    this.#repair.edits.add(nameEnd, attributesEnd, writeAttributes(attributes));
    this.#repair.notes.add('recovered');
  }

  /** Reads the end tag at `at`. @returns where to go on reading. */
  end(at: number): number {
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
    if (this.inline.textElement === null) this.#repair.notes.add('recovered');
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

  /** Ends the document at `end`, where elements may still be open. @returns where what can be kept ends. */
  finish(end: number): number {
    const { item } = this.#open;
    const keptEnd = item?.tagAt ?? end;
    if (item !== undefined) {
      this.inline.abandon();
      this.#open.pop(this.#open.depthOf(item));
      this.#droppedItems += 1;
      this.#repair.edits.truncate(item.editsBefore);
      this.#stretches.reopen();
    }
    this.#closeDownTo(0, keptEnd);
    this.#repair.edits.add(keptEnd, keptEnd, this.#stretches.close());
    return keptEnd;
  }
}
